import { DEFAULT_BUSINESS, type RecordSettings } from "../../src/businesses/business.ts";
import { Recorder } from "../../src/records/recorder.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { RecordingLog } from "./recording_log.ts";

type RecorderOptions = ConstructorParameters<typeof Recorder>[0];

/** Records as they are: nothing of them is masked. */
export const PLAIN_SETTINGS: RecordSettings = { ...DEFAULT_BUSINESS.records, retentionDays: 30, redact: [] };

/** A recorder whose store is `records.db` in `folder`, opened for each use as the server's may be. */
export function fileRecorder(folder: string, options: Partial<RecorderOptions> = {}): Recorder {
  return new Recorder({
    dataDir: folder,
    withStore: async (use) => {
      using store = await SqliteRecordStore.open(`${folder}/records.db`, Date.now);
      return await use(store);
    },
    settingsOf: () => PLAIN_SETTINGS,
    clock: new SystemClock(),
    log: new RecordingLog(),
    ...options,
  });
}
