import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { AudioFormat } from "../../src/audio/transcoder.ts";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import type { Agent } from "../../src/lab/openai/agent.ts";
import { AgentClip } from "../../src/lab/openai/audio/agent_clip.ts";
import { muLawDecode, muLawEncode } from "../../src/audio/mulaw_buffers.ts";
import { CallerSpeech, FRAME_MS } from "../../src/lab/twilio/caller_speech.ts";
import type { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { sleep } from "../../src/util/clock.ts";
import { BridgeRig } from "./bridge_rig.ts";
import { mulberry32 } from "./interruptions.ts";
import { StallWatch } from "./stall_watch.ts";

/** What is made of the caller's sound. */
export type SoundKind =
  /** Its transcription is empty. */
  | "cough"
  /** It is transcribed as a word that only shows that somebody listens. */
  | "mhm"
  /** No transcription comes in time, and the model says nothing. */
  | "untranscribed"
  /** Its transcription is empty, and the answer that it cut off is still being made. */
  | "while generating";

/** One answer that was taken up again, as the caller's side saw it. */
export interface Resumption {
  readonly kind: SoundKind;
  /** One way. */
  readonly delayMs: number;
  /** From the end of the sound, as the caller made it, to the answer's going on at the caller. */
  readonly gapMs: number;
  /** Where it went on, less where it had been cut off: what is lost counts above zero, what comes twice below. */
  readonly positionMs: number;
}

/** What is measured, and how often. */
export interface ResumptionOptions {
  readonly kinds: readonly SoundKind[];
  /** One way, between caller and server. */
  readonly delaysMs: readonly number[];
  /** Of each kind at each delay. */
  readonly wanted: number;
  /** How the model's audio comes. Default `pcmu`, which leaves its bytes alone. */
  readonly format?: AudioFormat;
  readonly seed: number;
}

const ANSWER_MS = 7_000;
const SOUND_MS = 200;
/** The sound comes between these, counted from when the caller begins to hear the answer. */
const EARLIEST_MS = 300;
const LATEST_MS = 4_000;
const PATIENCE_MS = 15_000;
const DELTA_MS = 50;
/** While program and emulators stand still for longer, nobody notices what arrives: it is done again. */
const MAX_STALL_MS = 15;
/** Where it is seen how far what is heard is behind the answer as it was made. Before any sound comes. */
const EARLY_BYTE = 150 * BYTES_PER_MS;
/** Callers at each delay at a time. */
const AT_ONCE = 3;
/** Calls for each one that counts, at most. */
const MAX_TIMES = 5;
/** What is looked for in the answer, and how far from where it is to be. */
const WINDOW_BYTES = 100 * BYTES_PER_MS;
const REACH_BYTES = 250 * BYTES_PER_MS;
const TRANSCRIPTS: Readonly<Record<SoundKind, string>> = {
  cough: "",
  mhm: "Mhm.",
  untranscribed: "",
  "while generating": "",
};

/** Callers that make a sound into an answer at random times, one in each call. */
export async function resumptions(options: ResumptionOptions): Promise<Resumptions> {
  const tally: Resumptions = { measured: [], leftOut: 0 };
  for (const kind of options.kinds) tally.measured.push(...await ofKind(kind, options, tally));
  return tally;
}

/** What came of many sounds. */
export interface Resumptions {
  readonly measured: Resumption[];
  /** How many do not count, since program and emulators stood still: nothing else is left out. */
  leftOut: number;
}

async function ofKind(
  kind: SoundKind,
  options: ResumptionOptions,
  tally: Resumptions,
): Promise<Resumption[]> {
  const { delaysMs, wanted, format = "pcmu", seed } = options;
  const random = mulberry32(seed);
  const clip = noise(ANSWER_MS, random);
  const speech = AgentClip.fromMuLaw(clip);
  speech.deltas(format === "pcmu" ? "audio/pcmu" : "audio/pcm", DELTA_MS); // now, and not in the middle of calls
  const agent: Agent = {
    reply: () => [{ kind: "speech", clip: speech, transcript: "An answer that goes on and on." }],
    transcribe: () => TRANSCRIPTS[kind],
  };
  await using rig = await BridgeRig.start({
    business: { turns: DEFAULT_BUSINESS.turns, audioFormat: format, callContext: false },
    emulator: {
      agent: () => agent,
      deltaMs: DELTA_MS,
      speed: kind === "while generating" ? 3 : 40,
      script: kind === "untranscribed"
        ? [{ failure: "transcription", order: "never" }, { failure: "silent_model" }]
        : [],
    },
  });
  using stalls = new StallWatch(rig.clock);
  const answer = muLawDecode(clip);
  const measured: Resumption[] = [];
  const missing = (delayMs: number) => wanted - measured.filter((one) => one.delayMs === delayMs).length;
  for (let times = 0; times < wanted * MAX_TIMES; times++) {
    const calls = delaysMs.flatMap((delayMs) => new Array(Math.min(AT_ONCE, missing(delayMs))).fill(delayMs))
      .map(async (delayMs: number) => {
        const caller = rig.caller({ line: { ...rig.line, network: { delayMs } } });
        const atMs = EARLIEST_MS + random() * (LATEST_MS - EARLIEST_MS);
        return { delayMs, ...await resumption(rig, caller, stalls, atMs) };
      });
    // What was heard is looked at when nobody is on the line: that takes its time.
    for (const { delayMs, gapMs, heard, resumedByte, isCalm } of await Promise.all(calls)) {
      if (isCalm) measured.push({ kind, delayMs, gapMs, positionMs: positionMs(heard, resumedByte, answer) });
      else tally.leftOut++;
    }
  }
  const { errors } = rig.emulator.stats();
  // A cancellation may cross the response's end.
  const wrong = Object.keys(errors).filter((code) => code !== "response_cancel_not_active");
  if (wrong.length > 0) throw new Error(`The model refused: ${JSON.stringify(errors)}.`);
  return measured;
}

/** What the caller heard of an answer that was taken up again. */
interface HeardResumption {
  readonly gapMs: number;
  readonly heard: Int16Array;
  /** Where in `heard` the answer goes on. */
  readonly resumedByte: number;
  /** Program and emulators did not stand still meanwhile. */
  readonly isCalm: boolean;
}

/** A call whose caller makes a sound once, `atMs` into the answer. */
async function resumption(
  rig: BridgeRig,
  caller: SimulatedCaller,
  stalls: StallWatch,
  atMs: number,
): Promise<HeardResumption> {
  const { clock } = rig;
  const { player } = caller;
  const done = caller.place();
  await wait(caller, "the answer", () => player.runs.length > 0);
  await sleep(clock, player.runs[0].startMs + atMs - clock.now());
  const said = Promise.withResolvers<number>();
  // The last frame has been taken when it begins.
  caller.speech.say(CallerSpeech.tone(300, SOUND_MS), () => said.resolve(clock.now() + FRAME_MS));
  const endMs = await said.promise;
  await wait(caller, "the answer's going on", () => player.runs.some(({ isAfterClear }) => isAfterClear));
  const resumed = player.runs.find(({ isAfterClear }) => isAfterClear)!;
  await sleep(clock, resumed.startMs + WINDOW_BYTES / BYTES_PER_MS + 50 - clock.now());
  const heard = muLawDecode(player.heard(clock.now()));
  caller.hangUp();
  await done;
  return {
    gapMs: resumed.startMs - endMs,
    heard,
    resumedByte: resumed.firstByte,
    isCalm: stalls.longestBetween(endMs - SOUND_MS, resumed.startMs) <= MAX_STALL_MS,
  };
}

/** Where the answer goes on, less where it was cut off. */
function positionMs(heard: Int16Array, resumedByte: number, answer: Int16Array): number {
  const windowAt = (byte: number) => heard.subarray(byte, byte + WINDOW_BYTES);
  // The filters' own delay is in both.
  const delay = placeOf(windowAt(EARLY_BYTE), answer, EARLY_BYTE) - EARLY_BYTE;
  const expected = resumedByte + delay;
  return (placeOf(windowAt(resumedByte), answer, expected) - expected) / BYTES_PER_MS;
}

async function wait(caller: SimulatedCaller, what: string, holds: () => boolean): Promise<void> {
  await caller.until(holds, PATIENCE_MS);
  if (!holds()) throw new Error(`${what} did not come.`);
}

/** Where `window` is in `whole`, at most {@link REACH_BYTES} from `near`: the place where the two are most alike. */
function placeOf(window: Int16Array, whole: Int16Array, near: number): number {
  let best = -Infinity;
  let place = near;
  const last = Math.min(whole.length - window.length, near + REACH_BYTES);
  for (let at = Math.max(0, near - REACH_BYTES); at <= last; at++) {
    let sum = 0;
    for (let i = 0; i < window.length; i++) sum += window[i] * whole[at + i];
    if (sum > best) [best, place] = [sum, at];
  }
  return place;
}

/** Noise of which no piece is like another, so that a piece of it tells its place. */
function noise(ms: number, random: () => number): Uint8Array {
  const samples = Int16Array.from({ length: ms * BYTES_PER_MS }, () => (random() - 0.5) * 16_000);
  return muLawEncode(samples);
}
