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

Deno.test("ResponseSequencer forgets a request that is taken back, wherever it is", () => {
  const sent: string[] = [];
  const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
  const goodbye = { purpose: "goodbye" as const, onDone: () => assert.fail("it was taken back") };
  // While it waits.
  sequencer.request(goodbye);
  sequencer.withdraw(goodbye);
  sequencer.open();
  assert.deepEqual([sent, sequencer.isIdle], [[], true]);
  // On its way: the response still counts as one that was asked for.
  sequencer.request(goodbye);
  sequencer.withdraw(goodbye);
  sequencer.created("resp_1", sent[0]);
  assert.deepEqual([sequencer.isActiveAskedFor, sequencer.activeRequest], [true, undefined]);
  sequencer.done("resp_1", "completed");
  // As the active response, which is lost with its session.
  sequencer.request(goodbye);
  sequencer.created("resp_2", sent[1]);
  sequencer.withdraw(goodbye);
  sequencer.close();
  sequencer.open();
  assert.deepEqual([sent.length, sequencer.isIdle], [2, true]);
});

Deno.test("ResponseSequencer does not put a request back that was taken back on its way", () => {
  const sent: string[] = [];
  const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
  const goodbye = { purpose: "goodbye" as const };
  sequencer.open();
  sequencer.request(goodbye);
  sequencer.withdraw(goodbye);
  assert.ok(sequencer.refused("conversation_already_has_active_response", sent[0]));
  sequencer.created("resp_1", undefined);
  sequencer.done("resp_1", "completed");
  assert.equal(sent.length, 1);
});

Deno.test("ResponseSequencer asks again for what lost the race once the other response is done, and not before", () => {
  const sent: string[] = [];
  const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
  sequencer.open();
  sequencer.request({ purpose: "prompt" });
  assert.ok(sequencer.refused("conversation_already_has_active_response", sent[0]));
  assert.equal(sent.length, 1, "what is active is not known yet");
  sequencer.created("resp_1", undefined);
  assert.equal(sent.length, 1);
  sequencer.done("resp_1", "completed");
  assert.equal(sent.length, 2);
});

Deno.test("ResponseSequencer asks for nothing else after a lost race, though it was not told of the response that won", () => {
  const sent: string[] = [];
  const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
  sequencer.open();
  sequencer.request({ purpose: "prompt" });
  assert.ok(sequencer.refused("conversation_already_has_active_response", sent[0]));
  sequencer.request({ purpose: "goodbye" });
  sequencer.hold();
  sequencer.release();
  assert.equal(sent.length, 1);
  sequencer.done("resp_1", "completed");
  assert.deepEqual(sent, ["say-1-prompt", "say-2-goodbye"]);
});

Deno.test("ResponseSequencer asks again only where the response that came could not have in view what was told", () => {
  for (const [isConfirmed, expected] of [[true, []], [false, ["say-1-continue"]]] as const) {
    const sent: string[] = [];
    const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
    sequencer.open();
    sequencer.callerStarted();
    sequencer.itemSent("earlier");
    sequencer.itemSent("told_1");
    sequencer.itemAdded("earlier");
    sequencer.request({ purpose: "continue" });
    if (isConfirmed) sequencer.itemAdded("told_1");
    sequencer.created("resp_1", undefined);
    sequencer.itemAdded("told_1");
    sequencer.done("resp_1", "completed");
    assert.deepEqual(sent, expected);
  }
});

Deno.test("ResponseSequencer asks again after a lost race only where the winner could not have in view what was told", () => {
  for (const [isConfirmed, expected] of [[true, 1], [false, 2]] as const) {
    const sent: string[] = [];
    const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
    sequencer.open();
    sequencer.itemSent("told_1");
    sequencer.request({ purpose: "continue" });
    if (isConfirmed) sequencer.itemAdded("told_1");
    sequencer.created("resp_1", undefined);
    sequencer.itemAdded("told_1");
    assert.ok(sequencer.refused("conversation_already_has_active_response", sent[0]));
    sequencer.done("resp_1", "completed");
    assert.equal(sent.length, expected);
    assert.equal(sequencer.isIdle, isConfirmed);
  }
});

Deno.test("ResponseSequencer awaits no confirmation from a session that is gone", () => {
  const sent: string[] = [];
  const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
  sequencer.itemSent("told_1");
  sequencer.request({ purpose: "continue" });
  sequencer.close();
  sequencer.open();
  assert.deepEqual(sent, ["say-1-continue"]);
  sequencer.close();
  sequencer.created("resp_1", undefined);
  assert.equal(sequencer.isIdle, false);
  sequencer.done("resp_1", "completed");
  assert.ok(sequencer.isIdle);
});

Deno.test("ResponseSequencer bridges no silence where the model has spoken meanwhile", () => {
  const sent: string[] = [];
  const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
  sequencer.open();
  sequencer.created("resp_1", undefined);
  sequencer.request({ purpose: "filler" });
  sequencer.request({ purpose: "continue" });
  sequencer.done("resp_1", "completed");
  sequencer.created("resp_2", sent[0]);
  sequencer.done("resp_2", "completed");
  assert.deepEqual(sent, ["say-1-continue"]);
});
