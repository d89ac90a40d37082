import assert from "node:assert/strict";
import { DEFAULT_BUSINESS, type TransferTarget } from "../../../src/businesses/business.ts";
import { hangUpCalledOff, hangUpReplaced, isCallLeaving } from "../../../src/carrier/control_errors.ts";
import { EndedCalls } from "../../../src/call/ended_calls.ts";
import { SuspendedCalls } from "../../../src/call/suspended_calls.ts";
import {
  HANG_UP_WITHIN_MS,
  SLOW_CONTROL_MS,
  STOP_WITHIN_MS,
  TwilioCallControl,
} from "../../../src/carrier/twilio/call_control.ts";
import { WebhookUrls } from "../../../src/carrier/twilio/webhook_urls.ts";
import type { CallChange } from "../../../src/carrier/twilio/twilio_rest.ts";
import { settle } from "../../support/microtasks.ts";
import { PlaybackRig } from "../../support/playback_rig.ts";
import { RecordingLog } from "../../support/recording_log.ts";
import { ACCOUNT_SID, CALL_SID } from "../../support/stream_messages.ts";
import { suspendedCall } from "../../support/suspended_call.ts";
import { StreamRig } from "../../support/stream_rig.ts";

const desk: TransferTarget = {
  name: "desk",
  description: "",
  number: "+15550100888",
  announcement: "",
  whisper: "",
  ringSeconds: 10,
};

/** A call whose requests to Twilio the test answers, in order. */
async function leavingCall() {
  const rig = await StreamRig.live();
  const asked: { change: CallChange; answer: PromiseWithResolvers<"updated" | "gone"> }[] = [];
  const suspended = new SuspendedCalls(() => rig.clock.now());
  const { playback } = new PlaybackRig();
  const slow = { count: 0 };
  const services = {
    updateCall: (_accountSid: string, _callSid: string, change: CallChange) => {
      const answer = Promise.withResolvers<"updated" | "gone">();
      asked.push({ change, answer });
      return answer.promise;
    },
    urls: new WebhookUrls("https://voice.test"),
    ended: new EndedCalls(() => rig.clock.now()),
    clock: rig.clock,
  };
  const control = new TwilioCallControl(services, {
    callSid: CALL_SID,
    accountSid: ACCOUNT_SID,
    business: DEFAULT_BUSINESS,
    callerId: undefined,
    stream: rig.stream,
    whenHeard: (signal) => playback.whenHeard(signal),
    suspend: () => suspended.put(CALL_SID, suspendedCall()),
    forgetSuspended: () => suspended.drop(CALL_SID),
    onSlow: () => void (slow.count++),
  }, new RecordingLog());
  return { rig, control, asked, suspended, slow };
}

Deno.test("TwilioCallControl hangs up after a transfer that failed, when that was asked for meanwhile", async () => {
  const { control, asked, rig } = await leavingCall();
  const transferred = assert.rejects(control.transfer(desk), /refused/);
  const hungUp = control.hangUp();
  await settle();
  assert.equal(asked.length, 1);
  asked[0].answer.reject(new Error("refused"));
  await transferred;
  await settle();
  assert.deepEqual(asked[1].change, { status: "completed" });
  asked[1].answer.resolve("updated");
  rig.socket.closeByPeer();
  await settle();
  rig.clock.advance(50);
  await hungUp;
  assert.equal(asked.length, 2);
});

Deno.test("TwilioCallControl hangs up once, however often it is asked to", async () => {
  const { control, asked, rig } = await leavingCall();
  const all = Promise.all([control.hangUp(), control.hangUp(), control.hangUp()]);
  await assert.rejects(control.transfer(desk), { code: "call_leaving" });
  await settle();
  asked[0].answer.resolve("gone");
  rig.socket.closeByPeer();
  await settle();
  rig.clock.advance(50);
  await all;
  assert.deepEqual(asked.map(({ change }) => change), [{ status: "completed" }]);
});

Deno.test("TwilioCallControl has hung up when Twilio says so, and closes the stream if Twilio does not", async () => {
  const { control, asked, rig } = await leavingCall();
  assert.equal(control.exit, undefined);
  const hungUp = control.hangUp();
  await settle();
  assert.equal(control.exit, "agent_hung_up");
  asked[0].answer.resolve("updated");
  await hungUp;
  assert.equal(rig.stream.isEnded, false);
  for (let ms = 0; ms <= STOP_WITHIN_MS; ms += 50) {
    rig.clock.advance(50);
    await settle();
  }
  assert.equal(rig.stream.isEnded, true);
  assert.equal(control.exit, "agent_hung_up");
});

for (
  const [exit, leave] of [
    ["transferred", (control: TwilioCallControl) => control.transfer(desk)],
    ["suspended", (control: TwilioCallControl) => control.sendDigits("1")],
  ] as const
) {
  Deno.test(`TwilioCallControl's way out is ${exit} from the request on, as long as Twilio does not refuse it`, async () => {
    const { control, asked, suspended } = await leavingCall();
    const refused = assert.rejects(leave(control), /refused/);
    await settle();
    assert.deepEqual([control.exit, suspended.has(CALL_SID)], [exit, true]);
    asked[0].answer.reject(new Error("refused"));
    await refused;
    assert.deepEqual([control.exit, suspended.has(CALL_SID)], [undefined, false]);
    const left = leave(control);
    await settle();
    asked[1].answer.resolve("updated");
    await left;
    assert.deepEqual([control.exit, suspended.has(CALL_SID)], [exit, true]);
  });
}

Deno.test("TwilioCallControl takes no way out of a call that is gone, and waits for its stream to end", async () => {
  const { control, asked, rig, suspended } = await leavingCall();
  let hasLeft = false;
  const left = control.transfer(desk).then(() => hasLeft = true);
  await settle();
  asked[0].answer.resolve("gone");
  await settle();
  assert.deepEqual([control.exit, suspended.has(CALL_SID), hasLeft], [undefined, false, false]);
  rig.socket.closeByPeer();
  rig.clock.advance(50);
  await left;
});

Deno.test("TwilioCallControl asks Twilio for nothing when the stream was over before all was heard", async () => {
  const { control, asked, rig, suspended } = await leavingCall();
  rig.socket.closeByPeer();
  await assert.rejects(control.sendDigits("1"), { code: "call_over" });
  assert.deepEqual([asked.length, suspended.size], [0, 0]);
});

Deno.test("TwilioCallControl does not hang up when that is called off before Twilio was asked, and does after it", async () => {
  const { control, asked, rig } = await leavingCall();
  const early = new AbortController();
  const first = assert.rejects(control.hangUp(early.signal), { code: "hang_up_called_off" });
  early.abort(hangUpCalledOff(false));
  await first;
  assert.equal(asked.length, 0);
  const late = new AbortController();
  const second = control.hangUp(late.signal);
  await settle();
  late.abort();
  asked[0].answer.resolve("updated");
  rig.socket.closeByPeer();
  await settle();
  rig.clock.advance(50);
  await second;
});

Deno.test("TwilioCallControl hangs up for good although a hang-up that can be called off was asked for first", async () => {
  const { control, asked, rig } = await leavingCall();
  const asking = new AbortController();
  const first = assert.rejects(control.hangUp(asking.signal), { code: "hang_up_called_off" });
  const second = control.hangUp();
  asking.abort(hangUpCalledOff(false));
  await first;
  await settle();
  asked[0].answer.resolve("updated");
  rig.socket.closeByPeer();
  await settle();
  rig.clock.advance(50);
  await second;
  assert.deepEqual(asked.map(({ change }) => change), [{ status: "completed" }]);
});

Deno.test("TwilioCallControl transfers in place of a hang-up that was called off before Twilio was asked", async () => {
  const { control, asked } = await leavingCall();
  const asking = new AbortController();
  const hungUp = [control.hangUp(asking.signal), control.hangUp(asking.signal)].map((each) =>
    assert.rejects(each, { code: "hang_up_replaced" })
  );
  asking.abort(hangUpReplaced());
  const transferred = control.transfer(desk);
  await Promise.all(hungUp);
  await settle();
  assert.match(String((asked[0].change as { twiml?: string }).twiml), /15550100888/);
  asked[0].answer.resolve("updated");
  await transferred;
  assert.deepEqual([control.exit, asked.length], ["transferred", 1]);
});

Deno.test("TwilioCallControl takes no second way out, whether Twilio has answered yet or not", async () => {
  const { control, asked } = await leavingCall();
  const asking = new AbortController();
  const hungUp = control.hangUp(asking.signal);
  await settle();
  asking.abort(hangUpReplaced());
  await assert.rejects(control.transfer(desk), isCallLeaving);
  asked[0].answer.resolve("updated");
  await hungUp;
  await assert.rejects(control.transfer(desk), isCallLeaving);
  assert.equal(asked.length, 1);
});

Deno.test("TwilioCallControl takes no other way out either once a hang-up has met a call that is gone", async () => {
  const { control, asked } = await leavingCall();
  const asking = new AbortController();
  const hungUp = control.hangUp(asking.signal);
  await settle();
  asked[0].answer.resolve("gone");
  await hungUp;
  asking.abort(hangUpReplaced());
  await assert.rejects(control.transfer(desk), isCallLeaving);
  assert.deepEqual([control.exit, asked.length], [undefined, 1]);
});

Deno.test("TwilioCallControl says when Twilio takes its time with a transfer, once", async () => {
  const { rig, control, asked, slow } = await leavingCall();
  const left = control.transfer(desk);
  await settle();
  rig.clock.advance(SLOW_CONTROL_MS - 1);
  assert.equal(slow.count, 0);
  rig.clock.advance(1);
  assert.equal(slow.count, 1);
  asked[0].answer.resolve("updated");
  await left;
  rig.clock.advance(60_000);
  assert.equal(slow.count, 1);
});

Deno.test("TwilioCallControl ends the stream, and so the call, when Twilio does not confirm a hang-up", async () => {
  const { rig, control, asked, slow } = await leavingCall();
  const hungUp = control.hangUp();
  await settle();
  rig.clock.advance(HANG_UP_WITHIN_MS - 1);
  assert.equal(rig.stream.isEnded, false);
  rig.clock.advance(1);
  assert.deepEqual([rig.stream.isEnded, control.exit, slow.count], [true, "agent_hung_up", 0]);
  asked[0].answer.resolve("updated");
  await hungUp;
});
