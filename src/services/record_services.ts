import type { RecordSettings } from "../businesses/business.ts";
import type { Config } from "../config/config.ts";
import type { GuardedRequests } from "../egress/guarded_requests.ts";
import { Recorder } from "../records/recorder.ts";
import type { RecordStore } from "../records/record_store.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import type { ServiceKind } from "./service_kind.ts";
import type { SharedServices } from "./shared_services.ts";

/** How long the store stays open when nobody writes or reads records. */
const RECORDS_IDLE_MS = 60_000;

/** What {@link createRecorder} needs. Without `mongo`, records are in a file below `dataDir`. */
export interface RecordServicesOptions extends SharedServices {
  readonly config: Pick<Config, "dataDir">;
  /** A store of the user's own, in place of MongoDB or a file below `dataDir`; whoever made it closes it. */
  readonly store?: RecordStore;
  /** What a business wishes now, even if it has been removed since. */
  readonly settingsOf: (businessId: string) => RecordSettings;
  /** What webhooks go out by. */
  readonly requests: GuardedRequests;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes a recorder whose store is open only while it is used. Dispose of it before the registry. */
export function createRecorder(options: RecordServicesOptions): Recorder {
  const { config, registry, store, settingsOf, requests, clock, log } = options;
  const kind = recordStoreKind(options);
  return new Recorder({
    dataDir: config.dataDir,
    async withStore(use) {
      if (store) return await use(store);
      using lease = await registry.acquire(kind);
      return await use(lease.service.store);
    },
    settingsOf,
    requests,
    clock,
    log,
  });
}

/** The store, open, and what is released when it is closed. */
export function recordStoreKind(
  { config, registry, mongo, clock }: Pick<RecordServicesOptions, "config" | "registry" | "mongo" | "clock">,
): ServiceKind<{ store: RecordStore; held: Disposable }> {
  const nowMs = () => clock.epoch();
  return {
    name: "records",
    idleMs: RECORDS_IDLE_MS,
    async create() {
      using held = new DisposableStack(); // releases what is open already when a later step throws
      let store: RecordStore;
      if (mongo) {
        const { MongoRecordStore } = await import("../records/mongo_store.ts");
        const { service } = held.use(await registry.acquire(mongo));
        store = await MongoRecordStore.open(service.database, nowMs);
      } else {
        const { SqliteRecordStore } = await import("../records/sqlite_store.ts");
        store = held.use(await SqliteRecordStore.open(`${config.dataDir}/records.db`, nowMs));
      }
      return { store, held: held.move() };
    },
    close: ({ held }) => held[Symbol.dispose](),
  };
}
