import { FolderSource } from "../businesses/folder_source.ts";
import type { SecretLookup } from "../businesses/secrets.ts";
import type { BusinessSource } from "../businesses/source.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import { type MongoConnection, mongoConnection } from "./mongo_connection.ts";
import type { ServiceKind } from "./service_kind.ts";
import { ServiceRegistry } from "./service_registry.ts";

/** What the parts of a process share to open their services. */
export interface SharedServices {
  readonly registry: ServiceRegistry;
  /** The one client of the process; undefined where no MongoDB is configured. */
  readonly mongo: ServiceKind<MongoConnection> | undefined;
}

/** The shared services of a process: none is open yet, and all are closed when disposed of. */
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

/** Where the configuration says that businesses are described. Loads only the code of that. */
export async function businessSource(
  { config: { businesses }, services: { registry, mongo }, secrets, clock, log }: {
    readonly config: Pick<Config, "businesses">;
    readonly services: SharedServices;
    readonly secrets: SecretLookup;
    readonly clock: Clock;
    readonly log: Log;
  },
): Promise<BusinessSource> {
  if (businesses.in === "folder") return new FolderSource(businesses.path, secrets, clock);
  if (mongo === undefined) throw new TypeError("Businesses in a collection need MongoDB.");
  const { CollectionSource } = await import("../businesses/mongo/collection_source.ts");
  return new CollectionSource({
    collection: businesses.name,
    secrets,
    async acquire() {
      const lease = await registry.acquire(mongo);
      return { database: lease.service.database, [Symbol.dispose]: () => lease[Symbol.dispose]() };
    },
    clock,
    log,
  });
}
