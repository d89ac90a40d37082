import assert from "node:assert/strict";
import { Goodbye } from "../../../src/call/conversation/goodbye.ts";
import type { ResponseRequest } from "../../../src/call/conversation/response_sequencer.ts";
import { settle } from "../../support/microtasks.ts";

/** A talk that writes down what the goodbye does to it, and a line that is cut when the test says so. */
class Rig {
  readonly done: string[] = [];
  readonly requests: ResponseRequest[] = [];
  isCallerSpeaking = false;
  /** The purpose that nothing but may be asked for. */
  askedOnly: string | undefined;
  failure: Error | undefined;
  readonly goodbye = new Goodbye({
    sequencer: {
      request: (request) => {
        this.requests.push(request);
        this.done.push(`say ${request.instructions}`);
      },
      withdraw: (request) => void this.done.push(`withdraw ${request.instructions}`),
      askOnly: (purpose) => void (this.askedOnly = purpose),
    },
    timers: {
      leaving: () => void this.done.push("leaving"),
      staying: () => void this.done.push("staying"),
    },
    control: { hangUp: (signal) => this.#hangUp(signal) },
    isCallerSpeaking: () => this.isCallerSpeaking,
    isInterruptionOpen: () => false,
    onHangUpFailed: (error) => this.done.push(`failed: ${error}`),
  });

  #hangUp(signal?: AbortSignal): Promise<void> {
    this.done.push("hang up");
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  }
}

Deno.test("Goodbye hangs up once its line is done", () => {
  const rig = new Rig();
  rig.goodbye.say("bye", { isFinal: false });
  assert.deepEqual(rig.done, ["leaving", "say bye"]);
  rig.requests[0].onDone?.("completed");
  assert.deepEqual(rig.done, ["leaving", "say bye", "hang up"]);
});

Deno.test("Goodbye is called off by a caller who speaks, before its line, in it and behind it", async () => {
  const unsaid = new Rig();
  unsaid.goodbye.say("bye", { isFinal: false });
  unsaid.goodbye.callOff();
  assert.deepEqual(unsaid.done, ["leaving", "say bye", "withdraw bye", "staying"]);
  const said = new Rig();
  said.goodbye.say("bye", { isFinal: false });
  said.requests[0].onDone?.("completed");
  said.goodbye.callOff();
  await settle();
  assert.deepEqual(said.done, ["leaving", "say bye", "hang up", "withdraw bye", "staying"]);
});

Deno.test("Goodbye can be said again after it was called off", () => {
  const rig = new Rig();
  rig.goodbye.say("bye", { isFinal: false });
  rig.goodbye.callOff();
  rig.goodbye.say("bye again", { isFinal: false });
  rig.requests[1].onDone?.("completed");
  assert.deepEqual(rig.done.slice(-3), ["leaving", "say bye again", "hang up"]);
});

Deno.test("Goodbye that is final is not called off, nor one that became final while it was said", async () => {
  for (const lines of [["end"], ["bye", "end"]]) {
    const rig = new Rig();
    for (const line of lines) rig.goodbye.say(line, { isFinal: line === "end" });
    rig.requests[0].onDone?.("completed");
    rig.goodbye.callOff();
    await settle();
    assert.equal(rig.requests.length, 1, "one goodbye will do");
    assert.equal(rig.done.at(-1), "hang up");
  }
});

Deno.test("Goodbye stays final, whatever is said after it", () => {
  const rig = new Rig();
  rig.goodbye.say("end", { isFinal: true });
  rig.goodbye.say("bye", { isFinal: false });
  rig.goodbye.callOff();
  assert.ok(rig.goodbye.isUnderWay);
});

Deno.test("Goodbye that gave way is not final any more", () => {
  const rig = new Rig();
  rig.goodbye.say("end", { isFinal: true });
  rig.goodbye.giveWay();
  rig.goodbye.say("bye", { isFinal: false });
  rig.goodbye.callOff();
  assert.equal(rig.goodbye.isUnderWay, false);
});

Deno.test("Goodbye calls off all that wait for the hang-up", async () => {
  const rig = new Rig();
  const waiting = [rig.goodbye.hangUp(), rig.goodbye.hangUp()];
  rig.goodbye.callOff();
  for (const ended of waiting) await assert.rejects(ended, { code: "hang_up_called_off_and_answered" });
});

Deno.test("Goodbye tells whoever waits for the hang-up that the caller spoke, even before", async () => {
  const rig = new Rig();
  const ended = rig.goodbye.hangUp();
  rig.goodbye.callOff();
  await assert.rejects(ended, { code: "hang_up_called_off_and_answered" });
  rig.isCallerSpeaking = true;
  await assert.rejects(rig.goodbye.hangUp(), { code: "hang_up_called_off_and_answered" });
  assert.deepEqual(rig.done, ["hang up"]);
});

Deno.test("Goodbye reports a hang-up that fails, and not one that was called off", async () => {
  const rig = new Rig();
  rig.goodbye.hangUpAfterwards();
  rig.goodbye.callOff();
  await settle();
  assert.deepEqual(rig.done, ["hang up"]);
  rig.failure = new Error("503");
  rig.goodbye.hangUpAfterwards();
  await settle();
  assert.deepEqual(rig.done, ["hang up", "hang up", "failed: Error: 503"]);
});

Deno.test("Goodbye gives way to a transfer, however final it was, and can be said again", async () => {
  const rig = new Rig();
  rig.goodbye.say("end", { isFinal: true });
  rig.requests[0].onDone?.("completed");
  const ended = rig.goodbye.hangUp();
  rig.goodbye.giveWay();
  await assert.rejects(ended, { code: "hang_up_replaced" });
  assert.deepEqual(rig.done, ["leaving", "say end", "hang up", "hang up", "withdraw end", "staying"]);
  rig.goodbye.say("end again", { isFinal: true });
  assert.equal(rig.done.at(-1), "say end again");
});

Deno.test("Goodbye is under way from its line, or from the hang-up, until it is called off", () => {
  const rig = new Rig();
  assert.equal(rig.goodbye.isUnderWay, false);
  for (
    const begin of [() => rig.goodbye.say("bye", { isFinal: false }), () => rig.goodbye.hangUpAfterwards()]
  ) {
    begin();
    assert.equal(rig.goodbye.isUnderWay, true);
    rig.goodbye.callOff();
    assert.equal(rig.goodbye.isUnderWay, false);
  }
});

Deno.test("Goodbye is unsaid until its line is done, and again when it is asked for anew", () => {
  const rig = new Rig();
  const state = () => [rig.goodbye.isUnderWay, rig.goodbye.isUnsaid, rig.goodbye.isFinal];
  assert.deepEqual(state(), [false, false, false]);
  rig.goodbye.say("bye", { isFinal: false });
  assert.deepEqual(state(), [true, true, false]);
  rig.requests[0].onDone?.("completed");
  assert.deepEqual(state(), [true, false, false]);
  rig.goodbye.callOff();
  assert.deepEqual(state(), [false, false, false]);
  rig.goodbye.say("end", { isFinal: true });
  assert.deepEqual(state(), [true, true, true]);
});

Deno.test("Goodbye that is final, or that the caller has not cut off, is asked for twice again, and then hangs up", () => {
  const rig = new Rig();
  rig.goodbye.say("end", { isFinal: true });
  for (let time = 0; time < 3; time++) rig.requests[time].onDone?.("cancelled");
  assert.deepEqual(rig.done, ["leaving", "say end", "say end", "say end", "hang up"]);
  const polite = new Rig();
  polite.goodbye.say("bye", { isFinal: false });
  for (let time = 0; time < 3; time++) polite.requests[time].onDone?.("cancelled");
  assert.deepEqual(polite.done, ["leaving", "say bye", "say bye", "say bye", "hang up"]);
  const cutOff = new Rig();
  cutOff.goodbye.say("bye", { isFinal: false });
  cutOff.isCallerSpeaking = true;
  cutOff.requests[0].onDone?.("cancelled");
  assert.deepEqual(cutOff.done, ["leaving", "say bye"]);
});

Deno.test("Goodbye is over when the ways out have failed, and not before the last of them has", async () => {
  const rig = new Rig();
  for (let time = 0; time < 2; time++) {
    const exits = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const leaving = exits.map(({ promise }) => rig.goodbye.leaveBy(() => promise));
    for (const [index, { reject }] of exits.entries()) {
      assert.ok(rig.goodbye.isUnderWay, `${index}`);
      reject(new Error("refused"));
      await assert.rejects(leaving[index], /refused/);
    }
    assert.equal(rig.goodbye.isUnderWay, false);
  }
});
