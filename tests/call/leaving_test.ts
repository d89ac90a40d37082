import assert from "node:assert/strict";
import { DEFAULT_BUSINESS, type TransferTarget } from "../../src/businesses/business.ts";
import { EndedCalls } from "../../src/call/control/ended_calls.ts";
import { SuspendedCalls } from "../../src/call/control/suspended_calls.ts";
import { TwilioCallControl } from "../../src/call/control/twilio_call_control.ts";
import { WebhookUrls } from "../../src/call/control/webhook_urls.ts";
import type { CallChange } from "../../src/twilio/rest_call.ts";
import { settle } from "../support/microtasks.ts";
import { PlaybackRig } from "../support/playback_rig.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { CALL_SID } from "../support/stream_messages.ts";
import { StreamRig } from "../support/stream_rig.ts";

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
  const control = new TwilioCallControl({
    callSid: CALL_SID,
    route: { urls: new WebhookUrls("https://voice.test"), business: DEFAULT_BUSINESS, callerId: undefined },
    stream: rig.stream,
    playback: new PlaybackRig().playback,
    update: (change) => {
      const answer = Promise.withResolvers<"updated" | "gone">();
      asked.push({ change, answer });
      return answer.promise;
    },
    ended: new EndedCalls(() => rig.clock.now()),
    suspended: new SuspendedCalls(() => rig.clock.now()),
    suspend: () => "history",
    onMessage: () => {},
    clock: rig.clock,
    log: new RecordingLog(),
  });
  return { rig, control, asked };
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
