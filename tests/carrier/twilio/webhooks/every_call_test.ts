import assert from "node:assert/strict";
import type { Business } from "../../../../src/businesses/business.ts";
import { PATHS } from "../../../../src/carrier/twilio/webhook_urls.ts";
import { type CallNote, mergeNotes, noteRecord } from "../../../../src/records/call_note.ts";
import { SqliteRecordStore } from "../../../../src/records/sqlite_store.ts";
import { assertDayOfCalls } from "../../../support/day_of_calls.ts";
import { eventually } from "../../../support/eventually.ts";
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

function notesInto(notes: CallNote[], written: Promise<void> = Promise.resolve()): WebhookRig["notes"] {
  return { noted: (_, note) => Promise.resolve(void notes.push(note)), written: () => written };
}

Deno.test("The callbacks that end a call are answered once its record is on the disk, so that Twilio repeats them otherwise", async () => {
  for (
    const [path, form] of [
      [PATHS.status, { CallStatus: "completed" }],
      [PATHS.recorded, { RecordingStatus: "completed", RecordingUrl: "https://api.twilio.com/RE1" }],
    ] as const
  ) {
    const rig = new WebhookRig();
    const { promise: written, resolve } = Promise.withResolvers<void>();
    const notes: CallNote[] = [];
    rig.notes = notesInto(notes, written);
    let isAnswered = false;
    const answer = rig.post(`${path}?business=acme`, form).then(({ status }) => {
      isAnswered = true;
      return status;
    });
    await eventually("it is noted", () => notes.length === 1);
    assert.ok(!isAnswered, path);
    resolve();
    assert.equal(await answer, 204);
  }
});

Deno.test("A callback is answered though the disk stands still", async () => {
  const rig = new WebhookRig();
  rig.notes = notesInto([], new Promise(() => {}));
  const answer = rig.post(PATHS.status, { CallStatus: "completed" });
  await eventually("it waits for the disk", () => rig.clock.pending > 0);
  rig.clock.advance(2_000);
  assert.equal((await answer).status, 204);
});

Deno.test("Each call of a day has exactly one record in SQLite, whatever became of it", async () => {
  using folder = new TempFolder();
  using store = await SqliteRecordStore.open(`${folder.path}/records.db`, () => Date.now());
  await assertDayOfCalls(store, 8);
});

Deno.test("A message of which both callbacks tell is noted once", async () => {
  const rig = new WebhookRig();
  const notes: CallNote[] = [];
  rig.notes = notesInto(notes);
  const recording = { RecordingUrl: "https://api.twilio.com/RE1", RecordingDuration: "3" };
  await rig.post(`${PATHS.voicemail}?business=acme`, recording);
  await rig.post(`${PATHS.recorded}?business=acme`, { ...recording, RecordingStatus: "completed" });
  assert.equal(notes.length, 1);
  assert.equal(rig.log.names.filter((name) => name === "voicemail_left").length, 1);
});

Deno.test("A message whose recording is not there, and will not be, is noted as lost at once", async () => {
  for (const status of ["failed", "absent"]) {
    const rig = new WebhookRig();
    const notes: CallNote[] = [];
    rig.notes = notesInto(notes);
    const recording = { RecordingUrl: "https://api.twilio.com/RE1", RecordingDuration: "3" };
    await rig.post(`${PATHS.voicemail}?business=acme`, recording);
    await rig.post(`${PATHS.recorded}?business=acme`, { ...recording, RecordingStatus: status });
    const record = notes.map(noteRecord).reduce(mergeNotes);
    const { recording: state, recordingProblem, durationMs } = record.message!;
    assert.deepEqual([state, recordingProblem, durationMs], ["lost", `recording_${status}`, 3_000]);
    assert.equal(rig.log.names.filter((name) => name === "message_not_recorded").length, 1);
  }
});

Deno.test("POST /voice notes a call after hours, with what the caller got", async () => {
  const rig = new WebhookRig(CLOSED);
  const notes: CallNote[] = [];
  rig.notes = notesInto(notes);
  await rig.post(PATHS.voice);
  assert.deepEqual(notes.map(({ reason, treatment }) => [reason, treatment?.why, treatment?.got]), [
    ["refused", "after_hours", "voicemail"],
  ]);
});
