import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import assert from "node:assert/strict";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import type { CallReport } from "../../src/lab/twilio/call_report.ts";
import type { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import type { Problem } from "../../src/lab/twilio/media_leg.ts";
import { PLAYBACK_HOLD_BYTES } from "../../src/call/playback/playback_sender.ts";
import { MAX_APPEND_MS } from "../../src/call/append_size.ts";
import { MAX_HELD_MS } from "../../src/call/uplink.ts";
import { SESSION_CLOGGED_BYTES } from "../../src/model/openai/realtime_session.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { eventually } from "../support/eventually.ts";

const test = sideBySide("Readers that stop reading");

const CALLS = 10;
/** Longer than the time after which a dead stream is given up, so that the others still hear when it is. */
const ANSWER_SECONDS = 24;
/** Base64 of PCM16 at 24 kHz, for each byte of mu-law. */
const APPEND_CHARS_PER_BYTE = 8;
const WITHIN_MS = 60_000;

/** What all calls have handed to sockets at most, looked at every 20 ms until disposed of. */
class BacklogWatch implements Disposable {
  mostBytes = 0;
  mostRingBytes = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(rig: BridgeRig) {
    this.#timer = setInterval(() => {
      const { backlog, inputRing } = rig.app.calls.memory;
      this.mostBytes = Math.max(this.mostBytes, backlog);
      this.mostRingBytes = Math.max(this.mostRingBytes, inputRing);
    }, 20);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** What broke a rule of Twilio's; not that a busy machine was slow to read (31930). */
function broken({ problems }: CallReport): Problem[] {
  return problems.filter(({ code }) => code !== 31930);
}

/** Audio that the caller says all at once, as nobody can: fills the way to OpenAI within a moment. */
function sayAtOnce(caller: SimulatedCaller, seconds: number): void {
  const payload = "/".repeat(8_000); // 0.75 s of loud mu-law
  for (let left = seconds; left > 0; left -= 0.75) {
    caller.leg?.sendRaw(
      `{"event":"media","sequenceNumber":"9","media":{"track":"inbound","chunk":"1","timestamp":"0",` +
        `"payload":"${payload}"},"streamSid":"${caller.leg.streamSid}"}`,
    );
  }
}

test("ten callers' sides that stop reading get the fallback by REST, and ten other callers hear every word", async () => {
  await using rig = await BridgeRig.start({
    emulator: { agent: toneAgent(ANSWER_SECONDS), speed: 8 },
    business: {
      fallback: { words: "Please call again.", forwardTo: undefined, voicemail: false },
    },
  });
  using watch = new BacklogWatch(rig);
  const callers = Array.from({ length: 2 * CALLS }, () => rig.caller());
  const reports = callers.map((caller) => caller.place());
  const stalled = callers.slice(0, CALLS);
  const others = callers.slice(CALLS);
  await Promise.all(stalled.map(async (caller) => {
    assert.ok(await caller.until(() => caller.player.receivedBytes > 0, WITHIN_MS));
    caller.leg?.stopReading();
  }));
  const wordsMs = (ANSWER_SECONDS * 1000 - 1) * BYTES_PER_MS;
  await Promise.all(others.map(async (caller) => {
    const hasHeardAll = () => caller.player.playedBytes(rig.clock.now()) >= wordsMs;
    assert.ok(await caller.until(hasHeardAll, WITHIN_MS), `${caller.player.receivedBytes} bytes came`);
    caller.hangUp();
  }));
  for (const report of await Promise.all(reports.slice(CALLS))) assert.deepEqual(broken(report), []);
  for (const report of await Promise.all(reports.slice(0, CALLS))) {
    assert.deepEqual(report.said, ["Please call again."]);
  }
  const reasons = rig.summaries.map(({ reason }) => reason);
  assert.equal(reasons.filter((reason) => reason === "stream_stalled").length, CALLS);
  assert.equal(rig.log.names.filter((name) => name === "stream_stalled").length, CALLS);
  assert.ok(watch.mostBytes <= 2 * CALLS * PLAYBACK_HOLD_BYTES, `${watch.mostBytes} bytes in sockets`);
  assert.deepEqual([rig.app.calls.active, rig.app.calls.memory.backlog], [0, 0]);
});

test("ten sessions that stop reading are replaced, what they cannot take is bounded, and ten other callers are answered", async () => {
  await using rig = await BridgeRig.start({
    emulator: {
      agent: toneAgent(1),
      script: [{
        failure: "stop_reading",
        at: { on: "session_updated" },
        sessions: Array.from({ length: CALLS }, (_, index) => index + 1),
      }],
    },
  });
  using watch = new BacklogWatch(rig);
  const stalled = Array.from({ length: CALLS }, () => rig.caller());
  const reports = stalled.map((caller) => caller.place());
  await eventually("the sessions of these calls are there", () => rig.emulator.sessions.length >= CALLS);
  await Promise.all(stalled.map((caller) => caller.until(() => caller.leg !== undefined, WITHIN_MS)));
  const others = Array.from({ length: CALLS }, () => rig.caller());
  reports.push(...others.map((caller) => caller.place()));
  for (const caller of stalled) sayAtOnce(caller, 120);
  await Promise.all([...others, ...stalled].map(async (caller) => {
    assert.ok(
      await caller.until(() => caller.player.receivedBytes > 0, WITHIN_MS),
      "the greeting is heard, of the next session where the first one hangs",
    );
  }));
  await eventually(
    "stalled sessions are told of",
    () =>
      rig.log.events.filter(({ event, attributes }) =>
        event === "agent_down" &&
        ["realtime_stalled", "realtime_silent"].includes(String(attributes?.code))
      ).length >= CALLS,
  );
  const hasBack = () => rig.log.names.filter((name) => name === "agent_back").length >= CALLS;
  await eventually("their successors too", hasBack, WITHIN_MS);
  for (const caller of [...others, ...stalled]) caller.hangUp();
  await Promise.all(reports);
  for (const caller of others) assert.deepEqual(broken(caller.report()), []);
  const append = MAX_APPEND_MS * BYTES_PER_MS * APPEND_CHARS_PER_BYTE;
  const most = CALLS * (SESSION_CLOGGED_BYTES + 2 * append + PLAYBACK_HOLD_BYTES) +
    CALLS * PLAYBACK_HOLD_BYTES;
  assert.ok(watch.mostBytes <= most, `${watch.mostBytes} bytes in sockets, at most ${most}`);
  assert.ok(
    watch.mostRingBytes <= 2 * CALLS * MAX_HELD_MS * BYTES_PER_MS,
    `${watch.mostRingBytes} bytes in rings`,
  );
});
