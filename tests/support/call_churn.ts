import { Reconnects } from "../../src/model/reconnects.ts";
// Calls that come and go without a network, in the real memory of this process, at the pace of a clock turned by hand.
// What the memory monitor makes of them goes to standard output as JSON. Argument: bytes that a planted leak keeps of each.

import { loadAudioEngine } from "../../src/audio/load_engine.ts";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { CallServices } from "../../src/call/call_services.ts";
import { EndedCalls } from "../../src/call/ended_calls.ts";
import { SuspendedCalls } from "../../src/call/suspended_calls.ts";
import { type CallControlServices, TwilioCallControl } from "../../src/carrier/twilio/call_control.ts";
import { WebhookUrls } from "../../src/carrier/twilio/webhook_urls.ts";
import { LiveCalls } from "../../src/call/live_calls.ts";
import { MemoryMonitor } from "../../src/observability/memory/memory_monitor.ts";
import { RealtimeSession } from "../../src/model/openai/realtime_session.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import { ProcessMemoryReader } from "../../src/observability/process_memory.ts";
import { MediaStream } from "../../src/carrier/twilio/media_stream.ts";
import { FakeSocket } from "./fake_socket.ts";
import { ManualClock } from "./manual_clock.ts";
import { settle } from "./microtasks.ts";
import { RecordingLog } from "./recording_log.ts";
import { audioDelta, SESSION_REQUEST, sessionUpdated } from "./session_rig.ts";
import { ACCOUNT_SID, CONNECTED, mediaText, startText } from "./stream_messages.ts";
import { eventually } from "./eventually.ts";

const CALLS_AT_ONCE = 40;
const SAMPLE_EVERY_MS = 30_000;
/** A round is a load of this many samples, with as many new calls at each as there are at once, and then none. */
const LOADED_SAMPLES = 45;
const IDLE_SAMPLES = 14;
const ROUNDS = 2;
/** Each call brings this much audio from its caller, and an answer as long. */
const AUDIO_MS = 2_000;
const FRAME_MS = 20;
const ANSWER = btoa("\x01".repeat(48 * AUDIO_MS));

const leakedBytes = Number(Deno.args[0]);
const leaked: Uint8Array[] = [];

/** Turned only as far as calls need it, so that no talk runs out of time between two samples. */
const callClock = new ManualClock();
const monitorClock = new ManualClock();
const log = new RecordingLog();
const engine = await loadAudioEngine("pcm24k", "polyphase");
const calls = new LiveCalls({
  onEnded() {
    if (leakedBytes > 0) leaked.push(new Uint8Array(leakedBytes).fill(1));
  },
});
using monitor = new MemoryMonitor({
  reader: new ProcessMemoryReader(() => monitorClock.now()),
  calls,
  clock: monitorClock,
  log,
  limit: undefined,
  logSeconds: SAMPLE_EVERY_MS / 1000,
  kernelSlots: () => engine.openCount,
  held: () => ({}),
  services: () => [],
  relief: { trim: () => 0, closeIdle: () => Promise.resolve(0) },
  lag: { takeReport: () => ({ meanMs: 0, p99Ms: 0, maxMs: 0, samples: 0 }) },
});

/** The model's side of a call; it takes what it is sent. */
class Model extends FakeSocket {
  override send(): void {}
}

let model = new Model("connecting");
const quiet = new RecordingLog();
const control: CallControlServices = {
  updateCall: () => Promise.resolve("updated"),
  urls: new WebhookUrls("https://voice.test"),
  ended: new EndedCalls(() => callClock.now()),
  clock: callClock,
};

const services: CallServices = {
  clock: callClock,
  log: quiet,
  metrics: new Metrics(),
  playback: { leadMs: 10_000, bufferMs: 120_000 },
  appendSize: { ms: 20 },
  toolsFor: () => [],
  openRealtime: (_info, handler) => {
    model = new Model("connecting");
    return new RealtimeSession(
      { open: () => model, session: SESSION_REQUEST, clock: callClock },
      handler,
    );
  },
  reconnects: new Reconnects(callClock),
  openControl: (call, log) => new TwilioCallControl(control, call, log),
  callCost: () => undefined,
  book() {},
  spentLimit: () => undefined,
  suspended: new SuspendedCalls(() => callClock.now()),
};

/** A call that talks for a moment and is still there afterwards. Returns what hangs up. */
async function begin(number: number): Promise<() => void> {
  const twilio = new FakeSocket();
  const info = {
    callSid: `CA${number}`,
    accountSid: ACCOUNT_SID,
    from: "+15550100001",
    to: "+15550100000",
    business: DEFAULT_BUSINESS,
  };
  const refuse = (error: unknown) => {
    throw error;
  };
  new MediaStream(
    twilio,
    callClock,
    (_start, stream) => Promise.resolve(calls.start(stream, info, services, engine, () => {})),
    { onViolation: refuse, onHandlerError: refuse },
  );
  twilio.deliver(CONNECTED);
  twilio.deliver(startText());
  await settle();
  model.open();
  model.deliver(sessionUpdated());
  for (let atMs = 0; atMs < AUDIO_MS; atMs += FRAME_MS) twilio.deliver(mediaText(atMs));
  model.deliver(audioDelta(ANSWER));
  return () => twilio.closeByPeer();
}

async function sample(): Promise<void> {
  const seen = monitor.samples.length;
  monitorClock.advance(SAMPLE_EVERY_MS);
  await eventually("a sample is taken", () => monitor.samples.length !== seen);
  callClock.advance(1);
  quiet.events.length = 0;
}

let placed = 0;
for (let round = 0; round < ROUNDS; round++) {
  const live: (() => void)[] = [];
  for (let taken = 0; taken < LOADED_SAMPLES; taken++) {
    for (let turn = 0; turn < CALLS_AT_ONCE; turn++) {
      if (live.length >= CALLS_AT_ONCE) live.shift()!();
      live.push(await begin(placed++));
    }
    await sample();
  }
  for (const hangUp of live.splice(0)) hangUp();
  for (let taken = 0; taken < IDLE_SAMPLES; taken++) await sample();
}

console.log(JSON.stringify({
  raised: monitor.alarms.events.filter(({ change }) => change === "raised").map(({ alarm }) => alarm),
  logged: log.events.filter(({ event }) => event === "memory_alarm").map(({ attributes }) =>
    attributes.alarm
  ),
  calls: calls.total,
  leaked: leaked.length,
  growth: monitor.alarms.growth,
  settledBytes: monitor.alarms.settledBytes,
  levels: monitor.samples.map(({ rssAnon, rss }) => rssAnon ?? rss),
}));
