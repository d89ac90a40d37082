import assert from "node:assert/strict";
import { readByteRange, recordingAudio } from "../../src/http/recording_audio.ts";
import { RecordingLog } from "../support/recording_log.ts";

Deno.test("readByteRange() reads one range as RFC 9110 has it", () => {
  const cases: [header: string | null, expected: ReturnType<typeof readByteRange>][] = [
    [null, undefined],
    ["bytes=0-", { from: 0, to: 99 }],
    ["bytes=0-0", { from: 0, to: 0 }],
    ["bytes=90-200", { from: 90, to: 99 }],
    ["bytes=-10", { from: 90, to: 99 }],
    ["bytes=-1000", { from: 0, to: 99 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-4", undefined],
    ["bytes=0-1,5-6", undefined],
    ["bytes=-", undefined],
    ["items=0-1", undefined],
    ["bytes=0x1-", undefined],
  ];
  for (const [header, expected] of cases) assert.deepEqual(readByteRange(header, 100), expected, `${header}`);
});

Deno.test("GET /records/CALLSID/recording says that recordings are out of reach, and logs why", async () => {
  const log = new RecordingLog();
  const handler = recordingAudio(() => Promise.reject(new Error("connect ECONNREFUSED")), log);
  const answer = await handler(new Request("http://127.0.0.1/phone/records/CA1/recording"), "127.0.0.1");
  assert.equal(answer.status, 503);
  assert.doesNotMatch(await answer.text(), /ECONNREFUSED/);
  assert.deepEqual(log.names, ["records_out_of_reach"]);
});
