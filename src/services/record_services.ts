import type { RecordSettings } from "../businesses/business.ts";
import type { Config } from "../config/config.ts";
import { Recorder } from "../records/recorder.ts";
import type { RecordStore } from "../records/record_store.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import type { MongoConnection } from "./mongo_connection.ts";
import type { ServiceKind } from "./service_kind.ts";
import type { ServiceRegistry } from "./service_registry.ts";

/** How long the store stays open when nobody writes or reads records. */
const IDLE_MS = 60_000;

/** What records are kept with. */
export interface RecordServicesOptions {
  readonly config: Pick<Config, "dataDir">;
  readonly registry: ServiceRegistry;
  /** A store of the user's own, in place of the two below; whoever made it closes it. */
  readonly store?: RecordStore;
  /** Undefined: records are in a file below `dataDir`. */
  readonly mongo: ServiceKind<MongoConnection> | undefined;
  /** What a business wishes now, even if it has been removed since. */
  readonly settingsOf: (businessId: string) => RecordSettings;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes a recorder whose store is open only while it is used. Dispose of it before the registry. */
export function createRecorder(options: RecordServicesOptions): Recorder {
  const { config, registry, store, settingsOf, clock, log } = options;
  const kind = recordStoreKind(options);
  return new Recorder({
    dataDir: config.dataDir,
    async withStore(use) {
      if (store) return await use(store);
      using lease = await registry.acquire(kind);
      return await use(lease.service.store);
    },
    settingsOf,
    clock,
    log,
  });
}

interface OpenStore {
  readonly store: RecordStore;
  close(): void;
}

function recordStoreKind({ config, registry, mongo, clock }: RecordServicesOptions): ServiceKind<OpenStore> {
  const nowMs = () => clock.epoch();
  return {
    name: "records",
    idleMs: IDLE_MS,
    create: () => mongo ? openMongo(registry, mongo, nowMs) : openSqlite(config.dataDir, nowMs),
    close: (open) => open.close(),
  };
}

async function openSqlite(dataDir: string, nowMs: () => number): Promise<OpenStore> {
  const { SqliteRecordStore } = await import("../records/sqlite_store.ts");
  await Deno.mkdir(dataDir, { recursive: true });
  const store = await SqliteRecordStore.open(`${dataDir}/records.db`, nowMs);
  return { store, close: () => store[Symbol.dispose]() };
}

async function openMongo(
  registry: ServiceRegistry,
  mongo: ServiceKind<MongoConnection>,
  nowMs: () => number,
): Promise<OpenStore> {
  const { MongoRecordStore } = await import("../records/mongo_store.ts");
  const lease = await registry.acquire(mongo);
  try {
    const store = await MongoRecordStore.open(lease.service.database, nowMs);
    return { store, close: () => lease[Symbol.dispose]() };
  } catch (error) {
    lease[Symbol.dispose]();
    throw error;
  }
}
