import type { Business } from "../businesses/business.ts";
import type { Config } from "../config/config.ts";
import type { GuardedRequests } from "../egress/guarded_requests.ts";
import { Recorder } from "../records/recorder.ts";
import { type MessageServices, TRANSCRIPTION_TIMEOUT_MS } from "../records/recordings/message_errands.ts";
import {
  loadMessageTranscriber,
  type MessageTranscriber,
} from "../records/recordings/message_transcriber.ts";
import type { RecordingSource } from "../records/recordings/recording_source.ts";
import type { RecordingStore } from "../records/recordings/recording_store.ts";
import { RecordingFolder } from "../records/recordings/recording_folder.ts";
import type { RecordStore } from "../records/record_store.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import type { ServiceKind } from "./service_kind.ts";
import type { SharedServices } from "./shared_services.ts";

/** How long the store stays open when nobody writes or reads records. */
const RECORDS_IDLE_MS = 60_000;

/** What {@link createRecorder} needs. Without `mongo`, records are in a file below `dataDir`. */
export interface RecordServicesOptions extends SharedServices {
  readonly config: Pick<Config, "dataDir"> & Partial<Pick<Config, "openaiApiKey" | "openaiBaseUrl">>;
  /** A store of the user's own, in place of MongoDB or a file below `dataDir`; whoever made it closes it. */
  readonly store?: RecordStore;
  /** A business as it is now, even if it has been removed since. */
  readonly businessOf: (id: string) => Business;
  /** Where recordings of messages are fetched; undefined where no account is known. */
  readonly source: RecordingSource | undefined;
  /** What webhooks go out by. */
  readonly requests: GuardedRequests;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes a recorder whose store is open only while it is used. Dispose of it before the registry. */
export function createRecorder(options: RecordServicesOptions): Recorder {
  const { config, registry, store, businessOf, requests, clock, log } = options;
  const kind = recordStoreKind(options);
  return new Recorder({
    dataDir: config.dataDir,
    async withStore(use) {
      if (store) return await use(store);
      using lease = await registry.acquire(kind);
      return await use(lease.service.store);
    },
    settingsOf: (id) => businessOf(id).records,
    messages: messageServices(options, kind),
    requests,
    clock,
    log,
  });
}

/** What becomes of messages. Recordings are where records are; beside a store of the user's own, in files. */
function messageServices(
  { config, registry, store, mongo, businessOf, source }: RecordServicesOptions,
  kind: ServiceKind<OpenRecords>,
): MessageServices {
  const folder = new RecordingFolder(`${config.dataDir}/recordings`);
  const inMongo = async <Result>(use: (store: RecordingStore) => Promise<Result>) => {
    using lease = await registry.acquire(kind);
    return await use(lease.service.recordings!);
  };
  const transcriber = transcriberKind(config);
  return {
    source,
    store: store || !mongo ? folder : {
      put: (...recording) => inMongo((bucket) => bucket.put(...recording)),
      get: (sid) => inMongo((bucket) => bucket.get(sid)),
      deleteExpired: (nowMs) => inMongo((bucket) => bucket.deleteExpired(nowMs)),
    },
    async withTranscriber(use) {
      if (!transcriber) throw new TypeError("There is no key to transcribe with.");
      using lease = await registry.acquire(transcriber);
      return await use(lease.service);
    },
    hintsOf(id) {
      const { language, transcription } = businessOf(id);
      if (!transcriber || !transcription) return undefined;
      const own = transcription.language ?? language;
      const languages = transcription.languages ?? (own === undefined ? undefined : [own]);
      return { languages, keywords: transcription.keywords };
    },
  };
}

function transcriberKind(
  { openaiApiKey: apiKey, openaiBaseUrl: baseUrl }: RecordServicesOptions["config"],
): ServiceKind<MessageTranscriber> | undefined {
  if (apiKey === undefined || baseUrl === undefined) return undefined;
  return {
    name: "transcriber",
    idleMs: RECORDS_IDLE_MS,
    create: () => loadMessageTranscriber({ apiKey, baseUrl, timeoutMs: TRANSCRIPTION_TIMEOUT_MS }),
  };
}

/** The stores of records and recordings, open. */
interface OpenRecords {
  readonly store: RecordStore;
  /** Undefined where recordings are files. */
  readonly recordings: RecordingStore | undefined;
  /** Released when they are closed. */
  readonly held: Disposable;
}

/**
 * The store of records as a service: MongoDB with `mongo`, else a file below `dataDir`. Its code is loaded by
 * the first use.
 */
export function recordStoreKind(
  { config, registry, mongo, clock }: Pick<RecordServicesOptions, "config" | "registry" | "mongo" | "clock">,
): ServiceKind<OpenRecords> {
  const nowMs = () => clock.epoch();
  return {
    name: "records",
    idleMs: RECORDS_IDLE_MS,
    async create() {
      using held = new DisposableStack(); // releases what is open already when a later step throws
      let store: RecordStore;
      let recordings: RecordingStore | undefined;
      if (mongo) {
        const { MongoRecordStore } = await import("../records/mongo_store.ts");
        const { service } = held.use(await registry.acquire(mongo));
        store = await MongoRecordStore.open(service.database, nowMs);
        const { RecordingBucket } = await import("../records/recordings/recording_bucket.ts");
        recordings = await RecordingBucket.open(service.database);
      } else {
        const { SqliteRecordStore } = await import("../records/sqlite_store.ts");
        store = held.use(await SqliteRecordStore.open(`${config.dataDir}/records.db`, nowMs));
      }
      return { store, recordings, held: held.move() };
    },
    close: ({ held }) => held[Symbol.dispose](),
  };
}
