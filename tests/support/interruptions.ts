import { encodeBase64 } from "../../src/audio/base64.ts";
import { loadAudioEngine } from "../../src/audio/load_engine.ts";
import type { Agent, AgentFactory } from "../../src/emulator/realtime/agent.ts";
import { tone } from "../../src/emulator/realtime/audio/tone.ts";
import type { EmulatedSession } from "../../src/emulator/realtime/server.ts";
import type { Caller } from "../../src/emulator/twilio/caller.ts";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { Speech } from "../../src/emulator/twilio/speech.ts";
import { type Clock, sleep, type Timer } from "../../src/util/clock.ts";
import { BridgeRig } from "./bridge_rig.ts";

/** How the audio that is interrupted came about. */
export type AnswerKind =
  /** One long item, all of it generated when the caller speaks. */
  | "single"
  /** Several items that wait one behind another, all of them generated. */
  | "queued"
  /** One long item that is still being generated when the caller speaks. */
  | "generating";

/** One interruption, as the caller's side and the model's saw it. All times in milliseconds. */
export interface Interruption {
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
}

export interface InterruptionOptions {
  kinds: readonly AnswerKind[];
  /** One way. Callers are spread evenly over these. */
  delaysMs: readonly number[];
  /** In all. */
  callers: number;
  /** How often each caller interrupts. */
  times: number;
  seed: number;
}

/** Loud enough, and long enough, for any voice detection. */
const SHOUT = Speech.tone(300, 300, 16_000);
const SINGLE_MS = 6_000;
const QUEUED_MS = [1_310, 1_730, 2_290, 1_970];
/** Answers are interrupted between these, counted from when the caller begins to hear them. */
const EARLIEST_MS = 250;
const LATEST_MS = 4_500;
const RAMP_MS = 30;
const GENERATION_SPEED = 20;
/** Slow enough that an answer of {@link SINGLE_MS} is still being made when it is interrupted. */
const SLOW_GENERATION_SPEED = 1.2;

/** What came of many interruptions. */
export interface Interruptions {
  all: Interruption[];
  /** The longest that the process was held up meanwhile, which is the machine's doing and makes any figure worse. */
  longestStallMs: number;
}

/** Callers that talk over answers at random times, in one running program. */
export async function interruptions(options: InterruptionOptions): Promise<Interruptions> {
  const { kinds, callers, delaysMs } = options;
  const isGenerating = kinds.includes("generating");
  await using rig = await BridgeRig.start({
    env: { MAX_CALLS: String(callers) },
    emulator: {
      agent: answers(kinds),
      speed: isGenerating ? SLOW_GENERATION_SPEED : GENERATION_SPEED,
      deltaMs: 50,
    },
  });
  const random = mulberry32(options.seed);
  const playedMs = await itemLengths();
  using stalls = new StallWatch(rig.clock);
  const calls: Promise<Interruption[]>[] = [];
  for (let i = 0; i < callers; i++) {
    const delayMs = delaysMs[i % delaysMs.length];
    const caller = rig.caller({ line: { ...rig.line, network: { delayMs } } });
    const call = new InterruptedCall(rig, caller, mulberry32(Math.floor(random() * 2 ** 31)), playedMs);
    calls.push(call.run(i + 1, delayMs, options.times));
    await sleep(rig.clock, RAMP_MS);
  }
  const all = (await Promise.all(calls)).flat();
  const { errors } = rig.emulator.stats();
  if (Object.keys(errors).length > 0) throw new Error(`The model refused: ${JSON.stringify(errors)}.`);
  return { all, longestStallMs: stalls.longestMs };
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

/** A call whose caller interrupts, and what came of it. */
class InterruptedCall {
  constructor(
    readonly rig: BridgeRig,
    readonly caller: Caller,
    readonly random: () => number,
    readonly playedMs: (modelMs: number) => number,
  ) {}

  async run(sessionNumber: number, delayMs: number, times: number): Promise<Interruption[]> {
    const placed = this.caller.place();
    const session = await this.#session(sessionNumber);
    for (let i = 0; i < times; i++) await this.#interrupt(i);
    // The last truncation is on its way still.
    await sleep(this.rig.clock, 100 + 2 * delayMs);
    this.caller.hangUp();
    await placed;
    return this.caller.player.clears.map((_, i) => this.#measure(session, i, delayMs));
  }

  /** Sessions are opened during the webhook, and calls come one by one: the numbers agree. */
  async #session(number: number): Promise<EmulatedSession> {
    return await this.rig.emulator.session(number);
  }

  /** Waits for the answer to be heard, lets a random part of it pass, and speaks. */
  async #interrupt(index: number): Promise<void> {
    const { player } = this.caller;
    const { clock } = this.rig;
    const before = player.clears.at(-1)?.atMs ?? -Infinity;
    const isAnswering = () =>
      player.clears.length === index && (player.runs.at(-1)?.startMs ?? -Infinity) > before;
    if (!await this.caller.until(isAnswering, 10_000)) throw new Error("The caller was not answered.");
    const startMs = player.runs.at(-1)!.startMs;
    const partMs = EARLIEST_MS + this.random() * (LATEST_MS - EARLIEST_MS);
    await sleep(clock, startMs + partMs - clock.now());
    this.caller.mouth.say(SHOUT);
    if (!await this.caller.until(() => player.clears.length > index, 5_000)) {
      throw new Error(`The answer was not cut off, ${Math.round(partMs)} ms after its start.`);
    }
  }

  /** Compares what the model was told with what had been played when the `index`th `clear` arrived. */
  #measure({ record }: EmulatedSession, index: number, delayMs: number): Interruption {
    const { clears } = this.caller.player;
    const clear = clears[index];
    const fromMs = clears[index - 1]?.atMs ?? -Infinity;
    const playedMs = (clear.heardBytes - (clears[index - 1]?.heardBytes ?? 0)) / BYTES_PER_MS;
    // The next answer begins only after the caller has stopped, and that is long after the `clear`.
    const items = [...record.audio.values()].filter(({ firstAtMs }) =>
      firstAtMs > fromMs && firstAtMs <= clear.atMs
    );
    const heardOf = new Map<string, number>();
    for (const { event } of record.events) {
      if (event.type === "conversation.item.truncate") {
        heardOf.set(String(event.item_id), Number(event.audio_end_ms));
      }
      if (event.type === "conversation.item.delete") heardOf.set(String(event.item_id), 0);
    }
    let startMs = 0;
    for (const [i, { itemId, sentMs, responseId }] of items.entries()) {
      const heardMs = heardOf.get(itemId);
      if (heardMs === undefined) {
        startMs += this.playedMs(sentMs); // heard to its end
        continue;
      }
      const response = record.responses.find(({ id }) => id === responseId);
      const wasGenerating = response?.reason === "turn_detected";
      return {
        delayMs,
        kind: wasGenerating ? "generating" : items.length > 1 ? "queued" : "single",
        errorMs: startMs + heardMs - playedMs,
        beyondSentMs: heardMs - sentMs,
        place: i + 1,
        silencedAfterMs: wasGenerating ? clear.atMs - response.doneMs! : undefined,
      };
    }
    throw new Error(`Of ${items.length} items the model was told nothing.`);
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

/** Looks how late the process's deadlines run. */
class StallWatch implements Disposable {
  longestMs = 0;
  #timer: Timer | undefined;

  constructor(readonly clock: Clock) {
    this.#watch();
  }

  #watch(): void {
    const dueMs = this.clock.now() + 5;
    this.#timer = this.clock.at(dueMs, () => {
      this.longestMs = Math.max(this.longestMs, this.clock.now() - dueMs);
      this.#watch();
    });
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }
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
