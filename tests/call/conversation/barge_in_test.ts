import assert from "node:assert/strict";
import { BargeIn, type BargeInOptions, type BargeInPort } from "../../../src/call/conversation/barge_in.ts";
import { ManualClock } from "../../support/manual_clock.ts";

/** A playback of one response under way, `resp_a`, with one item; writes down what is done, in order. */
class Rig {
  readonly clock = new ManualClock();
  readonly done: string[] = [];
  readonly byVoice: boolean[] = [];
  unheardMs = 5_000;
  active: string | undefined = "resp_a";
  isProtected = false;
  waiting = ["resp_a"];
  level: "loud" | "quiet" | undefined = "loud";
  readonly bargeIn: BargeIn;

  constructor({ minMs = 0, ...options }: Partial<BargeInOptions> & { minMs?: number } = {}) {
    const port: BargeInPort = {
      unheardMs: () => this.unheardMs,
      activeResponseId: () => this.active,
      isProtected: () => this.isProtected,
      callerLevel: () => this.level,
      silence: (isByVoice) => {
        this.done.push("silence");
        this.byVoice.push(isByVoice);
        return this.waiting.map((responseId) => ({
          itemId: `item of ${responseId}`,
          responseId,
          heardMs: 100,
          sentMs: 200,
          receivedMs: 300,
        }));
      },
      cancel: (responseId) => this.done.push(`cancel ${responseId}`),
      heardOnly: ({ itemId }) => this.done.push(`told ${itemId}`),
    };
    this.bargeIn = new BargeIn(port, this.clock, {
      speech: { minMs, silenceMs: 500, paddingMs: 300 },
      serverCancels: true,
      ...options,
    });
  }
}

Deno.test("BargeIn silences first, then cancels where OpenAI does not, then tells what was heard", () => {
  const rig = new Rig({ serverCancels: false });
  rig.bargeIn.speechStarted();
  assert.deepEqual(rig.done, ["silence", "cancel resp_a", "told item of resp_a"]);
  const served = new Rig();
  served.bargeIn.speechStarted();
  assert.deepEqual(served.done, ["silence", "told item of resp_a"]);
});

Deno.test("BargeIn interrupts after generation has ended too, and does nothing when all was heard", () => {
  const rig = new Rig({ serverCancels: false });
  rig.active = undefined;
  rig.bargeIn.speechStarted();
  assert.deepEqual(rig.done, ["silence", "told item of resp_a"]);
  const heard = new Rig();
  heard.active = undefined;
  heard.unheardMs = 0;
  heard.bargeIn.speechStarted();
  assert.deepEqual(heard.done, []);
});

Deno.test("BargeIn lets short speech pass", () => {
  const rig = new Rig({ minMs: 300, serverCancels: false });
  rig.bargeIn.speechStarted();
  rig.clock.advance(299);
  rig.bargeIn.speechStopped();
  rig.clock.advance(1_000);
  assert.deepEqual(rig.done, []);
  rig.bargeIn.speechStarted();
  rig.clock.advance(300);
  assert.equal(rig.done[0], "silence");
  assert.equal(rig.clock.pending, 0);
});

Deno.test("BargeIn leaves a protected greeting alone, unless told to interrupt in any case", () => {
  const rig = new Rig();
  rig.isProtected = true;
  rig.bargeIn.speechStarted();
  assert.deepEqual(rig.done, []);
  rig.bargeIn.interruptNow();
  assert.deepEqual(rig.done, ["silence", "cancel resp_a", "told item of resp_a"]);
});

Deno.test("BargeIn knows the response whose audio still comes, however many others were cut off with it", () => {
  const rig = new Rig();
  rig.active = "resp_z";
  rig.waiting = Array.from({ length: 20 }, (_, i) => `resp_${i}`);
  rig.bargeIn.speechStarted();
  assert.ok(rig.bargeIn.isSilenced("resp_z"));
  assert.ok(!rig.bargeIn.isSilenced("resp_new"));
});

Deno.test("BargeIn cancels a response that begins while the caller speaks, also where OpenAI cancels at the beginning", () => {
  const rig = new Rig({ serverCancels: true });
  rig.bargeIn.begunWhileSpeaking();
  assert.deepEqual(rig.done, ["silence", "cancel resp_a", "told item of resp_a"]);
});

Deno.test("BargeIn interrupts once: what was about to is dropped", () => {
  const rig = new Rig({ minMs: 300 });
  rig.bargeIn.speechStarted();
  rig.bargeIn.interruptNow();
  rig.clock.advance(300);
  assert.equal(rig.done.filter((what) => what === "silence").length, 1);
  const again = new Rig({ minMs: 300 });
  again.bargeIn.speechStarted();
  again.clock.advance(200);
  again.bargeIn.speechStarted();
  again.clock.advance(200);
  assert.deepEqual(again.done, [], "it counts from the last beginning");
  again.clock.advance(100);
  assert.equal(again.done[0], "silence");
});

Deno.test("BargeIn that is disposed of interrupts nothing, and holds no deadline", () => {
  const rig = new Rig({ minMs: 300 });
  rig.bargeIn.speechStarted();
  rig.bargeIn[Symbol.dispose]();
  assert.equal(rig.clock.pending, 0);
});

Deno.test("BargeIn remembers the last eight responses that were cut off", () => {
  const rig = new Rig();
  rig.active = undefined;
  const cutOff = (...responses: number[]) => {
    rig.waiting = responses.map((number) => `resp_${number}`);
    rig.bargeIn.speechStarted();
  };
  const known = () =>
    Array.from({ length: 10 }, (_, i) => i).filter((i) => rig.bargeIn.isSilenced(`resp_${i}`));
  cutOff(0, 1, 2, 3, 4, 5, 6, 7);
  assert.deepEqual(known(), [0, 1, 2, 3, 4, 5, 6, 7]);
  cutOff(0);
  cutOff(8);
  assert.deepEqual(known(), [0, 2, 3, 4, 5, 6, 7, 8], "the one that was cut off longest ago is forgotten");
});

Deno.test("BargeIn says whether it silences because of the caller's voice, which may be taken back", () => {
  const rig = new Rig();
  rig.bargeIn.speechStarted();
  rig.bargeIn.interruptNow();
  assert.deepEqual(rig.byVoice, [true, false]);
});

Deno.test("BargeIn tells what was heard of what somebody else cut off, and keeps the rest of it away", () => {
  const rig = new Rig();
  const item = { itemId: "item_b", responseId: "resp_b", heardMs: 1, sentMs: 2, receivedMs: 3 };
  rig.bargeIn.cutOff(() => [item]);
  assert.deepEqual(rig.done, ["told item_b"]);
  assert.ok(rig.bargeIn.isSilenced("resp_b"));
});

Deno.test("BargeIn keeps away what is disowned, until it is forgiven", () => {
  const { bargeIn } = new Rig();
  bargeIn.disown("resp_a");
  bargeIn.disown("resp_b");
  bargeIn.forgive(["resp_a"]);
  assert.deepEqual([bargeIn.isSilenced("resp_a"), bargeIn.isSilenced("resp_b")], [false, true]);
});
