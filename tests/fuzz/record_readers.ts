import assert from "node:assert/strict";
import { Recorder } from "../../src/records/recorder.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { recordWith } from "../records/records.ts";
import { LOOPBACK_REQUESTS } from "../support/loopback_requests.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { fuzzed, NEVER } from "./fuzzed.ts";
import { mutatedJson } from "./mutate.ts";
import { QUIET_LOG } from "./quiet_log.ts";

const CORPUS = [
  recordWith({ endedAt: new Date().toISOString() }),
  recordWith({ isPartial: true, expiresAt: null }),
];
const FILES = 4;
const GOOD = recordWith({ callSid: "CAgood", endedAt: new Date().toISOString() });
const SETTINGS = {
  retentionDays: 30,
  redact: [],
  recordings: "link" as const,
  deleteAtTwilio: false,
  webhook: undefined,
};

/** What is left in `DATA_DIR` by a process that is gone, or by somebody else. */
export const RECORD_READERS = {
  "files left in DATA_DIR": () =>
    fuzzed<string[]>({
      make: (random) => Array.from({ length: FILES }, () => mutatedJson(random, CORPUS)),
      read: async (texts) => {
        using folder = new TempFolder();
        for (const [index, text] of texts.entries()) folder.write(`live/gone/CA${index}.json`, text);
        for (const [index, text] of texts.entries()) {
          folder.write(`outbox/store/00170000000000${index}_id${index}_acme_CA${index}.json`, text);
        }
        const withStore: ConstructorParameters<typeof Recorder>[0]["withStore"] = async (use) => {
          using store = await SqliteRecordStore.open(`${folder.path}/records.db`, Date.now);
          return await use(store);
        };
        await using recorder = new Recorder({
          dataDir: folder.path,
          withStore,
          settingsOf: () => SETTINGS,
          requests: LOOPBACK_REQUESTS,
          clock: new SystemClock(),
          log: QUIET_LOG,
        });
        await recorder.start();
        await recorder.begun(SETTINGS, () => GOOD).ended(GOOD);
        for (let tries = 0; (await recorder.records.get("CAgood"))?.waitsFor.length !== 0; tries++) {
          assert.ok(tries < 600, "a good record is kept from the store by bad ones");
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      },
      isDeclared: NEVER,
    }),
};
