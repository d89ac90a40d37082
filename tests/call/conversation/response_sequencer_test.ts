import assert from "node:assert/strict";
import { ResponseSequencer } from "../../../src/call/conversation/response_sequencer.ts";

Deno.test("ResponseSequencer does not count a failed response as done: a goodbye is heard before the call ends", () => {
  const sent: string[] = [];
  const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
  const statuses: string[] = [];
  const goodbye = { purpose: "goodbye" as const, onDone: (status: string) => void statuses.push(status) };
  sequencer.open();
  sequencer.request(goodbye);
  sequencer.created("resp_1", sent[0]);
  sequencer.done("resp_1", "failed");
  assert.deepEqual(statuses, []);
  sequencer.request(goodbye);
  sequencer.created("resp_2", sent[1]);
  sequencer.done("resp_2", "completed");
  assert.deepEqual([sent.length, statuses], [2, ["completed"]]);
});

Deno.test("ResponseSequencer asks for nothing while it is held, and then not for what was answered meanwhile", () => {
  const sent: string[] = [];
  const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
  sequencer.open();
  sequencer.hold();
  sequencer.request({ purpose: "retry" });
  sequencer.request({ purpose: "warning" });
  assert.deepEqual(sent, []);
  sequencer.created("resp_1", undefined);
  sequencer.done("resp_1", "completed");
  assert.deepEqual(sent, []);
  sequencer.release();
  assert.deepEqual(sent, ["say-1-warning"]);
});
