import { FolderSource } from "../businesses/folder_source.ts";
import type { SecretLookup } from "../businesses/secrets.ts";
import type { BusinessSource } from "../businesses/source.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import type { SharedServices } from "./shared_services.ts";

/** What businesses are read with. */
export interface BusinessServicesOptions {
  readonly config: Pick<Config, "businesses">;
  readonly services: SharedServices;
  readonly secrets: SecretLookup;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where the configuration says that the businesses are described. Only what is used of it is loaded. */
export async function businessSource(
  { config: { businesses }, services: { registry, mongo }, secrets, clock, log }: BusinessServicesOptions,
): Promise<BusinessSource> {
  if (businesses.in === "folder") return new FolderSource(businesses.path, secrets);
  if (mongo === undefined) throw new TypeError("Businesses in a collection take a MongoDB.");
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
