import type { Config } from "../config/config.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import { type MongoConnection, mongoConnection } from "./mongo_connection.ts";
import type { ServiceKind } from "./service_kind.ts";
import { ServiceRegistry } from "./service_registry.ts";

/** What all parts of a process open their services with. */
export interface SharedServices {
  readonly registry: ServiceRegistry;
  /** The one client of the process; undefined where no MongoDB is configured. */
  readonly mongo: ServiceKind<MongoConnection> | undefined;
}

/** The shared services of a process, none of them open yet, all closed when disposed of. */
export function sharedServices(
  { mongodbUri }: Pick<Config, "mongodbUri">,
  clock: Clock,
  log: Log,
): SharedServices & AsyncDisposable {
  const registry = new ServiceRegistry(clock, log);
  return {
    registry,
    mongo: mongodbUri === undefined ? undefined : mongoConnection(mongodbUri),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}
