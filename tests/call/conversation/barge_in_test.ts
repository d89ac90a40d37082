import assert from "node:assert/strict";
import { BargeIn, type BargeInOptions, type BargeInPort } from "../../../src/call/conversation/barge_in.ts";
import { ManualClock } from "../../support/manual_clock.ts";

/** A playback of one response under way, `resp_a`, with one item; writes down what is done, in order. */
class Rig {
  readonly clock = new ManualClock();
  readonly done: string[] = [];
  unheardMs = 5_000;
  active: string | undefined = "resp_a";
  isProtected = false;
  waiting = ["resp_a"];
  readonly bargeIn: BargeIn;

  constructor(options: Partial<BargeInOptions> = {}) {
    const port: BargeInPort = {
      unheardMs: () => this.unheardMs,
      activeResponseId: () => this.active,
      isProtected: () => this.isProtected,
      silence: () => {
        this.done.push("silence");
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
    this.bargeIn = new BargeIn(port, this.clock, { minInterruptionMs: 0, serverCancels: true, ...options });
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
  const rig = new Rig({ minInterruptionMs: 300, serverCancels: false });
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
