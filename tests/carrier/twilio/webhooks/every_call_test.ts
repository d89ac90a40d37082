import assert from "node:assert/strict";
import type { Business } from "../../../../src/businesses/business.ts";
import { PATHS } from "../../../../src/carrier/twilio/webhook_urls.ts";
import type { CallNote } from "../../../../src/records/call_note.ts";
import { SqliteRecordStore } from "../../../../src/records/sqlite_store.ts";
import { assertDayOfCalls } from "../../../support/day_of_calls.ts";
import { TempFolder } from "../../../support/temp_folder.ts";
import { WebhookRig } from "../../../support/webhook_rig.ts";

const CLOSED: Partial<Business> = {
  hours: {
    timeZone: "UTC",
    week: Array(7).fill([]),
    days: {},
    afterHours: { action: "say", words: "Closed.", voicemail: true, forwardTo: undefined },
  },
};

Deno.test("Each call of a day has exactly one record in SQLite, whatever became of it", async () => {
  using folder = new TempFolder();
  using store = await SqliteRecordStore.open(`${folder.path}/records.db`, () => Date.now());
  await assertDayOfCalls(store, 8);
});

Deno.test("A message of which both callbacks tell is noted once", async () => {
  const rig = new WebhookRig();
  const notes: CallNote[] = [];
  rig.notes = { noted: (_, note) => Promise.resolve(void notes.push(note)) };
  const recording = { RecordingUrl: "https://api.twilio.com/RE1", RecordingDuration: "3" };
  await rig.post(`${PATHS.voicemail}?business=acme`, recording);
  await rig.post(`${PATHS.recorded}?business=acme`, { ...recording, RecordingStatus: "completed" });
  assert.equal(notes.length, 1);
  assert.equal(rig.log.names.filter((name) => name === "voicemail_left").length, 1);
});

Deno.test("POST /voice notes a call after hours, with what the caller got", async () => {
  const rig = new WebhookRig(CLOSED);
  const notes: CallNote[] = [];
  rig.notes = { noted: (_, note) => Promise.resolve(void notes.push(note)) };
  await rig.post(PATHS.voice);
  assert.deepEqual(notes.map(({ reason, treatment }) => [reason, treatment?.why, treatment?.got]), [
    ["refused", "after_hours", "voicemail"],
  ]);
});
