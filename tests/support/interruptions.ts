import { encodeBase64 } from "../../src/audio/base64.ts";
import { loadAudioEngine } from "../../src/audio/load_engine.ts";
import type { Agent, AgentFactory } from "../../src/lab/openai/agent.ts";
import { tone } from "../../src/lab/openai/audio/tone.ts";
import type { EmulatedSession } from "../../src/lab/openai/emulated_session.ts";
import type { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import type { Clear, Run } from "../../src/lab/twilio/player.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { sleep } from "../../src/util/clock.ts";
import { BridgeRig } from "./bridge_rig.ts";
import { STALL_STEP_MS, StallWatch } from "./stall_watch.ts";

/** How the audio that is interrupted came about. */
export type AnswerKind =
  /** One long item, all of it generated when the caller speaks. */
  | "single"
  /** Several items that wait one behind another, all of them generated. */
  | "queued"
  /** One long item that is still being generated when the caller speaks. */
  | "generating";

/** What kept the process, program and emulators alike, from noticing what arrived. All times in milliseconds. */
interface Disturbance {
  /** The longest that the process stood still while the answer's first audio, or the `clear`, was under way. */
  heldUpMs: number;
  /** The longest that it stood still from the answer's beginning to the `clear`. */
  stallMs: number;
  /** For how long it stood still in all of that time. */
  stalledMs: number;
  /** The answer reached the caller with a gap, since the model's emulator stood still: it is no longer one piece. */
  ranDry: boolean;
}

/** One interruption, as the caller's side and the model's saw it. All times in milliseconds. */
export interface Interruption extends Disturbance {
  delayMs: number;
  kind: AnswerKind;
  /** What the model was told less what had been played when `clear` arrived. */
  errorMs: number;
  /** What the model was told, beyond what it had sent of the item; never above 0. */
  beyondSentMs: number;
  /** The place of the interrupted item in its answer, from 1. */
  place: number;
  /** From `speech_started` at the model's side to `clear` at the caller's; known while generating only. */
  silencedAfterMs: number | undefined;
  /** How much of that the process stood still, program and emulators alike. */
  stoodStillMs: number;
}

/**
 * While the process stands still, program and emulators alike, nobody notices what arrives. When it stood still for longer
 * just as the answer's first audio or the `clear` was under way, what the caller truly heard is not known well enough, and
 * another answer is interrupted instead.
 */
const MAX_HELD_UP_MS = 25;
/** The same at any time in the answer, when marks and audio are under way. */
const MAX_STALL_MS = 120;

function isCalm({ heldUpMs, stallMs, ranDry }: Disturbance): boolean {
  return heldUpMs <= MAX_HELD_UP_MS && stallMs <= MAX_STALL_MS && !ranDry;
}

export interface InterruptionOptions {
  kinds: readonly AnswerKind[];
  /** One way. Callers are spread evenly over these. */
  delaysMs: readonly number[];
  /** In all. */
  callers: number;
  /** Interruptions to be measured of each kind at each delay; a few more may come. */
  wanted: number;
  /** How often each caller interrupts at most. */
  maxTimes: number;
  seed: number;
}

/** Loud enough, and long enough, for any voice detection. */
const SHOUT = CallerSpeech.tone(300, 300, 16_000);
const SINGLE_MS = 6_000;
const QUEUED_MS = [1_310, 1_730, 2_290, 1_970];
/** Answers are interrupted between these, counted from when the caller begins to hear them. */
const EARLIEST_MS = 250;
const LATEST_MS = 4_500;
/** Whatever the caller waits for comes long before this. */
const PATIENCE_MS = 10_000;
const GENERATION_SPEED = 20;
/** Slow enough that an answer of {@link SINGLE_MS} is still being made when it is interrupted. */
const SLOW_GENERATION_SPEED = 1.2;

/** What came of many interruptions. */
export interface Interruptions {
  measured: Interruption[];
  /** How many do not count, since the process stood still: nothing else is left out, and what goes wrong is thrown. */
  leftOut: number;
}

/** Callers that talk over answers at random times, in one running program, until enough was measured. */
export async function interruptions(options: InterruptionOptions): Promise<Interruptions> {
  const { kinds, callers, delaysMs } = options;
  const isGenerating = kinds.includes("generating");
  await using rig = await BridgeRig.start({
    env: { MAX_CALLS: String(callers) },
    emulator: {
      agent: answers(kinds),
      speed: isGenerating ? SLOW_GENERATION_SPEED : GENERATION_SPEED,
      deltaMs: 50,
      // However busy the machine is: an interruption without words in time is taken back.
      script: [{ failure: "transcription", order: "before_response" }],
    },
  });
  const random = mulberry32(options.seed);
  const playedMs = await itemLengths();
  using stalls = new StallWatch(rig.clock);
  const tally = new Tally(options);
  const calls: Promise<void>[] = [];
  for (let i = 0; i < callers; i++) {
    const delayMs = delaysMs[i % delaysMs.length];
    const caller = rig.caller({ line: { ...rig.line, network: { delayMs } } });
    const call = new InterruptedCall(
      rig,
      caller,
      mulberry32(Math.floor(random() * 2 ** 31)),
      playedMs,
      stalls,
      tally,
    );
    calls.push(call.run(await call.begin(i + 1), delayMs));
  }
  await Promise.all(calls);
  const { errors } = rig.emulator.stats();
  if (Object.keys(errors).length > 0) throw new Error(`The model refused: ${JSON.stringify(errors)}.`);
  return tally;
}

/** What was measured so far, and whether it is enough. */
class Tally implements Interruptions {
  readonly measured: Interruption[] = [];
  leftOut = 0;

  constructor(readonly options: InterruptionOptions) {}

  /** @param interruption undefined: it cannot be measured, and the process stood still meanwhile */
  add(interruption: Interruption | undefined): void {
    if (interruption && isCalm(interruption)) this.measured.push(interruption);
    else this.leftOut++;
  }

  /** True when a caller at `delayMs` that has interrupted `times` times may hang up. */
  isEnough(delayMs: number, times: number): boolean {
    const { kinds, wanted, maxTimes } = this.options;
    const here = this.measured.filter((one) => one.delayMs === delayMs);
    return times >= maxTimes ||
      kinds.every((kind) => here.filter((one) => one.kind === kind).length >= wanted);
  }
}

/** Answers that take turns to be of each kind. */
function answers(kinds: readonly AnswerKind[]): AgentFactory {
  const speech = (ms: number) => ({ kind: "speech" as const, clip: tone(ms), transcript: `(${ms} ms)` });
  const long = [speech(SINGLE_MS)];
  const queued = QUEUED_MS.map(speech);
  const agent: Agent = {
    keepsAudio: false,
    reply: ({ responseNumber }) => kindOf(kinds, responseNumber) === "queued" ? queued : long,
  };
  return () => agent;
}

function kindOf(kinds: readonly AnswerKind[], responseNumber: number): AnswerKind {
  return kinds[(responseNumber - 1) % kinds.length];
}

/** An answer that was cut off, as the caller's side saw it. */
interface Cut {
  startMs: number;
  clear: Clear;
  /** Bytes of this answer that had been played. */
  playedBytes: number;
}

/** A call whose caller interrupts, and what came of it. */
class InterruptedCall {
  #placed: Promise<unknown> | undefined;

  constructor(
    readonly rig: BridgeRig,
    readonly caller: SimulatedCaller,
    readonly random: () => number,
    readonly playedMs: (modelMs: number) => number,
    readonly stalls: StallWatch,
    readonly tally: Tally,
  ) {}

  /** Places the call. Returns its session, the one of this number: no other call is placed before it is there. */
  async begin(number: number): Promise<EmulatedSession> {
    this.#placed = this.caller.place();
    return await this.rig.emulator.session(number);
  }

  async run(session: EmulatedSession, delayMs: number): Promise<void> {
    for (let answer = 0; !this.tally.isEnough(delayMs, answer); answer++) {
      const cut = await this.#interrupt(session, answer);
      this.tally.add(cut && await this.#toldOf(session, answer, cut, delayMs));
    }
    this.caller.hangUp();
    await this.#placed;
  }

  /** Waits until there is something to be found. */
  async #wait<Found>(find: () => Found | undefined): Promise<Found | undefined> {
    let found: Found | undefined;
    await this.caller.until(() => (found = find()) !== undefined, PATIENCE_MS);
    return found;
  }

  /** What the model was told of an answer. Undefined when it was told nothing, and the process stood still meanwhile. */
  async #toldOf(session: EmulatedSession, answer: number, cut: Cut, delayMs: number) {
    const told = await this.#wait(() => this.#measure(session, answer, cut, delayMs));
    if (!told && isCalm(this.#disturbance(cut, delayMs))) {
      throw new Error("The model was told nothing of an answer that the caller cut off.");
    }
    return told;
  }

  /**
   * Waits for an answer (from 0) to be heard, lets a random part of it pass, and speaks. Undefined when the answer was over
   * before that, since the process stood still.
   */
  async #interrupt(session: EmulatedSession, answer: number): Promise<Cut | undefined> {
    const { player } = this.caller;
    const { clock } = this.rig;
    const run = await this.#wait(() => this.#runOf(session, answer));
    if (!run) throw new Error("The caller was not answered.");
    const partMs = EARLIEST_MS + this.random() * (LATEST_MS - EARLIEST_MS);
    await sleep(clock, run.startMs + partMs - clock.now());
    const clears = player.clears.length;
    this.caller.speech.say(SHOUT);
    if (!await this.#wait(() => player.clears.at(clears) ?? this.#runOf(session, answer + 1))) {
      throw new Error("The caller spoke to no effect.");
    }
    const clear = player.clears.at(clears);
    if (!clear && this.stalls.sumBetween(run.startMs, clock.now()) <= MAX_STALL_MS) {
      throw new Error("The caller spoke, and what was left of the answer was played all the same.");
    }
    return clear && { startMs: run.startMs, clear, playedBytes: clear.heardBytes - run.firstByte };
  }

  /** The answer as it reached the caller: the greeting, then one for each time that the caller speaks. */
  #runOf({ record }: EmulatedSession, answer: number): Run | undefined {
    const { runs, clears } = this.caller.player;
    const response = record.responses.at(answer);
    const afterMs = Math.max(response?.createdMs ?? Infinity, clears.at(-1)?.atMs ?? 0);
    return runs.find(({ startMs }) => startMs > afterMs);
  }

  /** Compares what the model was told of its answer with what had been played of it. Undefined until it was told. */
  #measure(
    { record }: EmulatedSession,
    answer: number,
    cut: Cut,
    delayMs: number,
  ): Interruption | undefined {
    const playedMs = cut.playedBytes / BYTES_PER_MS;
    const response = record.responses[answer];
    const items = [...record.audio.values()].filter(({ responseId }) => responseId === response.id);
    const heardOf = new Map<string, number>();
    for (const { event } of record.events) {
      if (event.type === "conversation.item.truncate") {
        heardOf.set(String(event.item_id), Number(event.audio_end_ms));
      }
      if (event.type === "conversation.item.delete") heardOf.set(String(event.item_id), 0);
    }
    let itemStartMs = 0;
    for (const [i, { itemId, sentMs }] of items.entries()) {
      const heardMs = heardOf.get(itemId);
      if (heardMs === undefined) {
        itemStartMs += this.playedMs(sentMs); // heard to its end
        continue;
      }
      const wasGenerating = response.reason === "turn_detected";
      return {
        delayMs,
        kind: wasGenerating ? "generating" : items.length > 1 ? "queued" : "single",
        errorMs: itemStartMs + heardMs - playedMs,
        beyondSentMs: heardMs - sentMs,
        place: i + 1,
        silencedAfterMs: wasGenerating ? cut.clear.atMs - response.doneMs! : undefined,
        stoodStillMs: wasGenerating ? this.stalls.sumBetween(response.doneMs!, cut.clear.atMs) : 0,
        ...this.#disturbance(cut, delayMs),
      };
    }
    return undefined;
  }

  #disturbance({ startMs, clear }: Cut, delayMs: number): Disturbance {
    return {
      ranDry: this.caller.player.runs.some((run) => run.startMs > startMs && run.startMs <= clear.atMs),
      stallMs: this.stalls.longestBetween(startMs - delayMs, clear.atMs),
      stalledMs: this.stalls.sumBetween(startMs - delayMs, clear.atMs),
      heldUpMs: Math.max(
        ...[startMs, clear.atMs].map((arrivedMs) =>
          this.stalls.longestBetween(arrivedMs - delayMs - 2 * STALL_STEP_MS, arrivedMs + STALL_STEP_MS)
        ),
      ),
    };
  }
}

/**
 * How long an item plays that the model made `modelMs` of: the filter adds its tail, and so what is queued behind the
 * item begins a little later than the model's own lengths add up to.
 */
async function itemLengths(): Promise<(modelMs: number) => number> {
  const engine = await loadAudioEngine("pcm24k", "polyphase");
  using transcoder = engine.open();
  const second = encodeBase64(new Uint8Array(48_000));
  let bytes = 0;
  const count = (muLaw: Uint8Array) => void (bytes += muLaw.length);
  transcoder.down(second, 0, second.length, count);
  transcoder.flushDown(count);
  const tailMs = bytes / BYTES_PER_MS - 1_000;
  return (modelMs) => modelMs + tailMs;
}

/** Figures of one group of interruptions, in milliseconds. */
export interface ErrorFigures {
  count: number;
  median: number;
  p95: number;
  worst: number;
}

/** Of absolute values. */
export function figuresOf(values: readonly number[]): ErrorFigures {
  const sorted = values.map(Math.abs).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { count: sorted.length, median: at(0.5), p95: at(0.95), worst: sorted[sorted.length - 1] };
}

/** Evenly spread over 0…1, the same for the same seed. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
