/*
 * A process that is told of one message and dies at a chosen step: `deno run … message_process.ts FOLDER STEP`. Every change of
 * the disk is a step, and so is each word to Twilio and to OpenAI. Twilio's recordings are files in FOLDER/twilio. It prints
 * `noted` once Twilio may be answered, `done` when nothing is left to do, and then how many steps there were.
 */
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { RecordingError, type RecordingSource } from "../../src/records/recordings/recording_source.ts";
import { RecordingFolder } from "../../src/records/recordings/recording_folder.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { countSteps, folder, lastStep, stepsTaken } from "./dying_process.ts";
import { fileRecorder } from "../support/file_recorder.ts";

Deno.umask(0);

const settings = { ...DEFAULT_BUSINESS.records, deleteAtTwilio: true };
const source: RecordingSource = {
  async fetch({ sid }) {
    try {
      return await Deno.readFile(`${folder}/twilio/${sid}`);
    } catch {
      throw new RecordingError("recording_not_there", "It is not there.");
    }
  },
  remove: ({ sid }) => Deno.remove(`${folder}/twilio/${sid}`).catch(() => {}),
};
const transcriber = { transcribe: () => Promise.resolve("Call me at 415 555 0123.") };
countSteps(source, "fetch");
countSteps(transcriber, "transcribe");
countSteps(Deno, "mkdir", "open", "rename", "remove");
countSteps(Deno.FsFile.prototype, "write", "sync", "syncData");
countSteps(SqliteRecordStore.prototype, "put");

{
  await using recorder = fileRecorder(folder, {
    settingsOf: () => settings,
    messages: {
      source,
      store: new RecordingFolder(`${folder}/recordings`),
      withTranscriber: (use) => use(transcriber),
      hintsOf: () => ({}),
    },
  });
  await recorder.start();
  if (lastStep > 0) {
    await recorder.noted(settings, {
      ...{ callSid: "CA1", business: "acme", isOutbound: false, from: "+15550100001", to: "+15550100000" },
      atMs: Date.now(),
      reason: "message_left",
      message: {
        at: new Date().toISOString(),
        durationMs: 1_000,
        recordingUrl: "https://api.twilio.com/Recordings/RE1",
      },
      accountSid: "AC1",
    });
    console.log("noted");
  }
  const names = (path: string) => {
    try {
      return [...Deno.readDirSync(`${folder}/${path}`)].map(({ name }) => name)
        .filter((name) => name.endsWith(".json"));
    } catch {
      return [];
    }
  };
  const waits = () => ["messages", "deletions", "store"].some((name) => names(`outbox/${name}`).length > 0);
  for (let tries = 0; tries < 600 && waits(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log(waits() ? `left ${names("outbox/messages")}` : "done");
}
console.log(`steps ${stepsTaken()}`);
