import assert from "node:assert/strict";
import { callRecord } from "../../src/http/operator_handlers.ts";
import { RecordingLog } from "../support/recording_log.ts";

const ask = async (query: string, get: Parameters<typeof callRecord>[0]) => {
  const log = new RecordingLog();
  const answer = await callRecord(get, log)(new Request(`http://127.0.0.1/records${query}`), "127.0.0.1");
  const waitsFor = answer.headers.get("x-slimline-waits-for");
  return { status: answer.status, body: await answer.text(), waitsFor, log: log.names };
};

Deno.test("GET /records answers with the record, or says that there is none", async () => {
  const get = (callSid: string) =>
    Promise.resolve(callSid === "CA1" ? { record: { callSid }, waitsFor: [] } : undefined);
  const found = await ask("?call=CA1", get);
  assert.deepEqual([found.status, JSON.parse(found.body), found.waitsFor], [200, { callSid: "CA1" }, null]);
  assert.equal((await ask("?call=CA2", get)).status, 404);
  assert.equal((await ask("", get)).status, 400);
});

Deno.test("GET /records says in a header what a record waits for, and answers with the record as it is", async () => {
  const found = await ask(
    "?call=CA1",
    (callSid) => Promise.resolve({ record: { callSid }, waitsFor: ["store", "webhook"] }),
  );
  assert.deepEqual([found.status, JSON.parse(found.body)], [200, { callSid: "CA1" }]);
  assert.equal(found.waitsFor, "store, webhook");
});

Deno.test("GET /records says that records are out of reach, and logs why", async () => {
  const { status, body, log } = await ask(
    "?call=CA1",
    () => Promise.reject(new Error("connect ECONNREFUSED")),
  );
  assert.equal(status, 503);
  assert.doesNotMatch(body, /ECONNREFUSED/);
  assert.deepEqual(log, ["records_out_of_reach"]);
});
