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
    sequencer.callerStarted();
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

/** A sequencer with an open session, and the ids of what it has sent. */
function opened(): { sequencer: ResponseSequencer; sent: string[] } {
  const sent: string[] = [];
  const sequencer = new ResponseSequencer((eventId) => sent.push(eventId));
  sequencer.open();
  return { sequencer, sent };
}

const BUSY = "conversation_already_has_active_response";

Deno.test("ResponseSequencer has asked for no response while none is active", () => {
  assert.equal(opened().sequencer.isActiveAskedFor, false);
});

Deno.test("ResponseSequencer takes back the very request, not another one of its purpose", () => {
  const { sequencer, sent } = opened();
  sequencer.hold();
  sequencer.request({ purpose: "goodbye" });
  sequencer.withdraw({ purpose: "goodbye" });
  sequencer.release();
  assert.deepEqual(sent, ["say-1-goodbye"]);
});

Deno.test("ResponseSequencer tells nobody what comes of an active response that is taken back", () => {
  const { sequencer, sent } = opened();
  const goodbye = { purpose: "goodbye" as const, onDone: () => assert.fail("it was taken back") };
  sequencer.request(goodbye);
  sequencer.created("resp_1", sent[0]);
  sequencer.withdraw(goodbye);
  assert.equal(sequencer.activeRequest, undefined);
  sequencer.done("resp_1", "completed");
});

Deno.test("ResponseSequencer asks the next session for what a lost one did not answer, whatever kept it from asking", () => {
  for (
    const lose of [
      () => {}, // on its way
      (sequencer: ResponseSequencer) => sequencer.callerStarted(),
      (sequencer: ResponseSequencer) => sequencer.refused(BUSY, "say-1-goodbye"),
    ]
  ) {
    const { sequencer, sent } = opened();
    sequencer.request({ purpose: "goodbye" });
    lose(sequencer);
    sequencer.close();
    sequencer.request({ purpose: "warning" });
    assert.equal(sent.length, 1, "nothing goes out without a session");
    sequencer.open();
    assert.deepEqual(sent.slice(1), ["say-2-goodbye"]);
  }
});

Deno.test("ResponseSequencer drops what the caller's words make pointless, and keeps the rest until they are over", () => {
  const { sequencer, sent } = opened();
  sequencer.created("resp_1", undefined);
  for (const purpose of ["prompt", "filler", "warning"] as const) sequencer.request({ purpose });
  sequencer.callerStarted();
  sequencer.done("resp_1", "cancelled");
  assert.deepEqual(sent, []);
  sequencer.callerIgnored();
  assert.deepEqual(sent, ["say-1-warning"]);
  sequencer.created("resp_2", sent[0]);
  sequencer.done("resp_2", "completed");
  assert.ok(sequencer.isIdle);
});

Deno.test("ResponseSequencer asks again after a lost race when the model does not react to the caller's words", () => {
  const { sequencer, sent } = opened();
  sequencer.request({ purpose: "goodbye" });
  sequencer.refused(BUSY, sent[0]);
  sequencer.callerIgnored();
  assert.equal(sent.length, 2);
});

Deno.test("ResponseSequencer does not take a response that it asked for as a reaction to the caller's words", () => {
  const { sequencer, sent } = opened();
  sequencer.request({ purpose: "warning" });
  sequencer.callerStarted();
  sequencer.created("resp_1", sent[0]);
  sequencer.request({ purpose: "goodbye" });
  sequencer.done("resp_1", "cancelled");
  assert.equal(sent.length, 1, "the caller still speaks");
  sequencer.callerIgnored();
  assert.equal(sent.length, 2);
});

Deno.test("ResponseSequencer does not take the answer to the caller's turn for the response that it asked for", () => {
  const { sequencer } = opened();
  sequencer.request({ purpose: "goodbye" });
  sequencer.callerStarted();
  sequencer.created("resp_1", undefined);
  assert.deepEqual([sequencer.isActiveAskedFor, sequencer.activeRequest], [false, undefined]);
});

Deno.test("ResponseSequencer is not concerned with the refusal of another event", () => {
  const { sequencer, sent } = opened();
  const goodbye = { purpose: "goodbye" as const };
  sequencer.request(goodbye);
  assert.equal(sequencer.refused("invalid_value", "evt_other"), false);
  assert.equal(sequencer.refused("invalid_value", undefined), false);
  assert.equal(sequencer.refused(BUSY, "evt_other"), true);
  sequencer.created("resp_1", sent[0]);
  assert.equal(sequencer.activeRequest, goodbye);
  sequencer.done("resp_1", "completed");
  assert.ok(sequencer.isIdle);
});

Deno.test("ResponseSequencer asks once more at once for what OpenAI refuses, and then when its deadline has passed", () => {
  const { sequencer, sent } = opened();
  const statuses: string[] = [];
  sequencer.request({ purpose: "goodbye", onDone: (status) => statuses.push(status) });
  assert.equal(sequencer.refused("invalid_value", sent[0]), true);
  assert.deepEqual(sent, ["say-1-goodbye", "say-2-goodbye"]);
  sequencer.refused("invalid_value", sent[1]);
  sequencer.request({ purpose: "warning" });
  assert.deepEqual([sent.length, sequencer.isBlocked, sequencer.isIdle], [2, true, false]);
  sequencer.callerIgnored();
  assert.equal(sent[2], "say-3-goodbye");
  sequencer.created("resp_1", sent[2]);
  sequencer.done("resp_1", "completed");
  assert.deepEqual([statuses, sent[3]], [["completed"], "say-4-warning"]);
});

Deno.test("ResponseSequencer lets a filler go that OpenAI refuses, and asks for what comes next", () => {
  const { sequencer, sent } = opened();
  sequencer.request({ purpose: "filler" });
  sequencer.refused("invalid_value", sent[0]);
  assert.ok(sequencer.isIdle);
  sequencer.request({ purpose: "continue" });
  assert.deepEqual(sent, ["say-1-filler", "say-2-continue"]);
});

Deno.test("ResponseSequencer asks another session anew for what one has refused", () => {
  const { sequencer, sent } = opened();
  sequencer.request({ purpose: "greeting" });
  sequencer.refused("invalid_value", sent[0]);
  sequencer.refused("invalid_value", sent[1]);
  sequencer.close();
  sequencer.open();
  sequencer.refused("invalid_value", sent[2]);
  assert.deepEqual(sent.slice(2), ["say-3-greeting", "say-4-greeting"]);
});

Deno.test("ResponseSequencer asks for the answer that a turn could not ask for, when the active response is done", () => {
  const { sequencer, sent } = opened();
  sequencer.created("resp_1", undefined);
  sequencer.callerStarted();
  assert.equal(sequencer.refused(BUSY, undefined), true);
  assert.deepEqual(sent, []);
  sequencer.done("resp_1", "completed");
  assert.deepEqual(sent, ["say-1-continue"]);
});

Deno.test("ResponseSequencer is unconfirmed from a request until OpenAI reacts to it", () => {
  const { sequencer } = opened();
  assert.equal(sequencer.isUnconfirmed, false);
  sequencer.request({ purpose: "prompt" });
  assert.equal(sequencer.isUnconfirmed, true);
  sequencer.created("resp_1", "say-1-prompt");
  assert.equal(sequencer.isUnconfirmed, false);
});

Deno.test("ResponseSequencer tells nobody what comes of a response that was given up", () => {
  const { sequencer, sent } = opened();
  sequencer.abandon();
  assert.equal(sequencer.isAbandoned, false, "there was none");
  const statuses: string[] = [];
  sequencer.request({ purpose: "goodbye", onDone: (status) => statuses.push(status) });
  sequencer.created("resp_1", sent[0]);
  assert.equal(sequencer.isAbandoned, false);
  sequencer.abandon();
  assert.equal(sequencer.isAbandoned, true);
  sequencer.done("resp_1", "completed", sent[0]);
  assert.deepEqual(statuses, []);
  assert.equal(sequencer.isAbandoned, false);
  assert.ok(sequencer.isIdle);
});

Deno.test("ResponseSequencer goes on with the active response when another one is done", () => {
  const { sequencer, sent } = opened();
  const statuses: string[] = [];
  sequencer.request({ purpose: "goodbye", onDone: (status) => statuses.push(status) });
  sequencer.created("resp_1", sent[0]);
  sequencer.done("resp_0", "completed", "say-0-goodbye");
  assert.equal(sequencer.activeResponseId, "resp_1");
  sequencer.done("resp_1", "completed", sent[0]);
  assert.deepEqual(statuses, ["completed"]);
});

Deno.test("ResponseSequencer takes a response for done that it was not told the beginning of", () => {
  const { sequencer, sent } = opened();
  const statuses: string[] = [];
  sequencer.request({ purpose: "goodbye", onDone: (status) => statuses.push(status) });
  sequencer.done("resp_0", "completed"); // of the caller's turn, likewise
  sequencer.done("resp_0", "completed", "of somebody else");
  assert.ok(sequencer.isUnconfirmed);
  sequencer.done("resp_1", "completed", sent[0]);
  assert.deepEqual(statuses, ["completed"]);
  assert.ok(sequencer.isIdle);
});

Deno.test("ResponseSequencer does not ask again for what only wanted the model to speak, when it speaks already", () => {
  for (const [purpose, again] of [["filler", []], ["retry", []], ["prompt", ["say-2-prompt"]]] as const) {
    const { sequencer, sent } = opened();
    sequencer.request({ purpose });
    sequencer.callerStarted();
    sequencer.created("resp_1", undefined); // the two crossed on the way
    assert.ok(sequencer.refused(BUSY, sent[0]));
    sequencer.done("resp_1", "completed");
    assert.deepEqual(sent.slice(1), again);
  }
});

Deno.test("ResponseSequencer takes what comes without a name for what it asked for, where the session has named nothing", () => {
  const { sequencer, sent } = opened();
  sequencer.request({ purpose: "greeting" });
  sequencer.created("resp_1", undefined);
  assert.ok(sequencer.isActiveAskedFor);
  sequencer.done("resp_1", "completed");
  assert.ok(sequencer.isIdle);
  sequencer.request({ purpose: "continue" });
  assert.ok(sequencer.refused(BUSY, undefined), "refused without its name, too");
  assert.equal(sent.length, 2);
  sequencer.done("resp_0", "completed");
  assert.equal(sent.length, 3);
  // Another session names what it was asked for.
  sequencer.close();
  sequencer.open();
  sequencer.created("resp_2", sent.at(-1));
  sequencer.done("resp_2", "completed");
  sequencer.request({ purpose: "prompt" });
  sequencer.created("resp_3", undefined);
  assert.ok(!sequencer.isActiveAskedFor);
});
