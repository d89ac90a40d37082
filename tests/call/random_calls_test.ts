import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { DefaultCall } from "../support/default_call.ts";
import { CLIPS, SENTENCES, WORDS } from "../support/hold_clips.ts";
import { settle } from "../support/microtasks.ts";
import type { ModelCallOptions } from "../support/model_call.ts";
import type { Plan } from "../support/model_openai.ts";
import { FIRST_HOLD_BYTE } from "../support/model_twilio.ts";

const RUNS = 300;
const SEED = Number(Deno.args[0] ?? 15);
/** Nobody waits longer for a sound. */
const MAX_SILENCE_MS = 8_000;
/** What is at work, or was so recently, is no silence. The rest is the way there and the look once a second. */
const NOT_SILENT_MS = DEFAULT_BUSINESS.time.silencePromptAfterMs - 1_000;
/** What a look at the clock and the program's own steps add to the ways there and back. */
const STEPS_MS = 100;
/** For so long the caller says nothing more, and then hangs up, in case tools still run. */
const SILENT_FOR_MS = 180_000;
/** Speech of the model's that a word of its transcript stands for. */
const WORD_MS = 100;
/** From what was heard to what is written down: words are whole, and marks are spread. */
const HEARD_WITHIN_MS = 300;

/** So little of a sentence is no word of it. */
const HARDLY_BEGUN_MS = 100;

/** One thing that the caller, or the world, does. */
type Happening =
  | { event: "wait"; ms: number }
  | { event: "talk"; ms: number }
  | { event: "cough"; ms: number }
  | { event: "type"; digits: string; everyMs: number }
  | { event: "drop" }
  | { event: "refuse"; times: number }
  | { event: "operator tells"; isToBeSaid: boolean }
  | { event: "operator ends" }
  | { event: "hang up" };

interface RandomCall {
  options: Partial<ModelCallOptions>;
  happenings: Happening[];
}

const speech = fc.constantFrom(400, 1_200, 5_000, 14_000);
const tools = fc.array(
  fc.constantFrom("fast", "slow", "failing", "8_seconds", "20_seconds", "60_seconds", "mcp"),
  { minLength: 1, maxLength: 2 },
);
const plan: fc.Arbitrary<Plan> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant("answer" as const),
      speechMs: speech,
      calls: fc.constant([]),
      lateDeltas: fc.integer({ min: 0, max: 2 }),
      thinkMs: fc.constantFrom(undefined, undefined, 2_000, 8_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("answer" as const),
      speechMs: fc.constantFrom(0, 600),
      calls: tools,
      lateDeltas: fc.constant(0),
      workMs: fc.constantFrom(0, 3_000, 20_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Plan>({ does: "write", text: "Only written." }) },
  { weight: 1, arbitrary: fc.constant<Plan>({ does: "stop" }) },
  { weight: 1, arbitrary: fc.constant<Plan>({ does: "nothing" }) },
  { weight: 1, arbitrary: fc.constant<Plan>({ does: "fail", code: "server_error" }) },
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ event: fc.constant("wait" as const), ms: fc.integer({ min: 100, max: 9_000 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ event: fc.constant("talk" as const), ms: fc.integer({ min: 500, max: 6_000 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ event: fc.constant("cough" as const), ms: fc.integer({ min: 80, max: 250 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      event: fc.constant("type" as const),
      digits: fc.string({ unit: fc.constantFrom(..."1234567890"), minLength: 1, maxLength: 16 }),
      everyMs: fc.constantFrom(200, 700, 1_200),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Happening>({ event: "drop" }) },
  {
    weight: 1,
    arbitrary: fc.record({ event: fc.constant("refuse" as const), times: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ event: fc.constant("operator tells" as const), isToBeSaid: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant<Happening>({ event: "operator ends" }) },
  { weight: 1, arbitrary: fc.constant<Happening>({ event: "hang up" }) },
);

const randomCall: fc.Arbitrary<RandomCall> = fc.record({
  options: fc.record({
    openAiDelayMs: fc.constantFrom(5, 40, 120),
    twilioDelayMs: fc.constantFrom(5, 75, 150),
    minInterruptionMs: fc.constantFrom(0, 0, 500),
    connectMs: fc.constantFrom(
      undefined,
      undefined,
      () => 3_000,
      (number: number) => number % 2 ? 30_000 : 2_000,
    ),
    idleTimeoutMs: fc.constantFrom(undefined, undefined, 6_000),
    turnMs: fc.constantFrom(0, 300),
    holdWords: fc.constantFrom(undefined, WORDS),
    plans: fc.array(plan, { minLength: 1, maxLength: 10 }),
    aside: fc.constant<Plan>({ does: "answer", speechMs: 1_200, calls: [], lateDeltas: 0 }),
  }),
  happenings: fc.array(happening, { minLength: 1, maxLength: 14 }),
});

interface Span {
  fromMs: number;
  toMs: number;
}

/** A call that somebody makes, and what they did in it. */
class Caller {
  readonly call: DefaultCall;
  /** When the caller spoke and was heard by the model, and what they said. */
  readonly said: Span[] = [];
  readonly pressedMs: number[] = [];
  /** When an operator had the agent tell them something. */
  readonly toldMs: number[] = [];
  /** Words of theirs that were made out, and told before a session was lost. */
  readonly madeOut: string[] = [];
  #count = 0;

  constructor(options: Partial<ModelCallOptions>) {
    this.call = new DefaultCall(options);
    // An answer that a cough cut off goes on.
    this.call.twilio.onClear = () => {};
    this.call.openAi.tamper = (event) => {
      if (event.type.endsWith("transcription.completed") && event.transcript) {
        this.madeOut.push(String(event.transcript));
      }
      return event;
    };
  }

  async happen(happening: Happening): Promise<void> {
    const { call } = this;
    switch (happening.event) {
      case "wait":
        return await call.run(happening.ms, () => call.isOver);
      case "talk":
        return await this.#speak(happening.ms, `Sentence ${++this.#count}.`);
      case "cough":
        return await this.#speak(happening.ms, "");
      case "type":
        for (const digit of happening.digits) {
          if (call.isOver) return;
          call.twilio.press(digit);
          this.pressedMs.push(call.clock.now());
          await call.run(happening.everyMs, () => call.isOver);
        }
        return;
      case "drop":
        return call.openAi.session?.drop();
      case "refuse":
        call.openAi.refusals = happening.times;
        return;
      case "operator tells": {
        const { isToBeSaid } = happening;
        const told = call.session?.act({ action: "tell", text: "The shop closes at five.", isToBeSaid });
        if (isToBeSaid && told?.outcome === "begun") this.toldMs.push(call.clock.now());
        return;
      }
      case "operator ends":
        call.session?.act({ action: "end" });
        return;
      case "hang up":
        return call.twilio.end("stop_and_close");
    }
  }

  /** Who speaks while nobody listens says it again: speech that no session hears is none. */
  async #speak(ms: number, words: string): Promise<void> {
    const { call } = this;
    const session = call.openAi.listening;
    if (!session) return await call.run(ms);
    const fromMs = call.clock.now();
    call.speak(ms, words);
    await call.run(ms + 600, () => call.isOver);
    this.said.push({ fromMs, toMs: fromMs + ms });
  }
}

/** The longest time-out of the tools that random calls have, and some. */
const LONGEST_TOOL_MS = 75_000;

async function play({ options, happenings }: RandomCall): Promise<Caller> {
  const caller = new Caller(options);
  const { call } = caller;
  call.twilio.connect();
  await settle();
  for (const happening of happenings) {
    if (call.isOver) break;
    await caller.happen(happening);
    await settle();
  }
  await call.run(SILENT_FOR_MS, () => call.isOver);
  if (!call.isOver) call.twilio.end("stop_and_close");
  await call.run(LONGEST_TOOL_MS, () => call.isOver); // which goes on after its call
  await call.run(5_000);
  return caller;
}

/** What is between spans, as far as it is longer than `ms`. */
function gaps(spans: readonly Span[], fromMs: number, toMs: number, ms: number): Span[] {
  const found: Span[] = [];
  let untilMs = fromMs;
  for (const span of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    if (Math.min(span.fromMs, toMs) - untilMs > ms) {
      found.push({ fromMs: untilMs, toMs: Math.min(span.fromMs, toMs) });
    }
    untilMs = Math.max(untilMs, span.toMs);
  }
  if (toMs - untilMs > ms) found.push({ fromMs: untilMs, toMs });
  return found;
}

function overlaps(span: Span, fromMs: number, toMs: number): boolean {
  return span.fromMs < toMs && span.toMs > fromMs;
}

function assertRight(caller: Caller): void {
  const { call, said, pressedMs, toldMs } = caller;
  const { openAi, twilio } = call;
  assert.deepEqual([...call.errors, ...openAi.violations, ...twilio.violations], []);
  assert.equal(call.ended.length, 1, "the call ends, once");
  const { transcript, reason } = call.ended[0];
  const heard = twilio.sounds.filter(({ fromMs, toMs }) => toMs > fromMs);
  const told = toldMs.map((atMs) => ({ fromMs: atMs, toMs: atMs + 1 }));
  const keys = pressedMs.map((atMs) => ({ fromMs: atMs, toMs: atMs + 1 }));
  const tools = transcript.flatMap((entry) =>
    entry.kind === "tool" ? { fromMs: entry.atMs, toMs: entry.atMs + entry.durationMs } : []
  );
  // From the caller to where it is noticed, and from there to the caller's ear.
  const { twilioDelayMs, openAiDelayMs, minInterruptionMs } = call.options;
  const keyMs = 2 * twilioDelayMs + STEPS_MS;
  const voiceMs = twilioDelayMs + 2 * openAiDelayMs + minInterruptionMs + STEPS_MS;
  const isIdleTalk = call.options.idleTimeoutMs !== undefined;

  // Nobody is asked whether they are there while somebody or something is at work.
  const asks = openAi.asked.filter(({ instructions }) => instructions.includes("still there"));
  for (const [i, { atMs, response }] of asks.entries()) {
    if (i > 0 && atMs - asks[i - 1].atMs < NOT_SILENT_MS) continue; // its session was lost
    // What a model says and does into silence by itself is no sign of the caller's.
    const machines = isIdleTalk ? [] : [...tools, ...openAi.work, ...heard.filter(({ isVoice }) => isVoice)];
    const question = heard.find(({ isVoice, byte }) => isVoice && byte === response);
    const busy = [
      ...machines.filter((span) => overlaps(span, atMs - NOT_SILENT_MS, atMs)),
      // What comes while the question is on its way keeps it from being heard.
      ...said.filter((span) => overlaps(span, atMs - NOT_SILENT_MS, (question?.fromMs ?? atMs) - voiceMs)),
      ...told.filter((span) =>
        overlaps(span, atMs - NOT_SILENT_MS, (question?.fromMs ?? atMs) - twilioDelayMs - STEPS_MS)
      ),
      ...keys.filter((span) => overlaps(span, atMs - NOT_SILENT_MS, (question?.fromMs ?? atMs) - keyMs)),
    ];
    assert.deepEqual(
      busy,
      [],
      `asked at ${atMs} whether they are there, which is heard at ${question?.fromMs}`,
    );
  }

  // Nobody waits for more than eight seconds without a sound.
  const sounds = [...heard, ...said, ...keys];
  for (const gap of gaps(sounds, 0, call.endedAtMs, MAX_SILENCE_MS)) {
    // The hold sound changes nothing about whose turn it is.
    const turns = sounds.filter((span) =>
      span.toMs <= gap.fromMs + 1 && !("isVoice" in span && !span.isVoice)
    );
    const last = turns.sort((a, b) => a.toMs - b.toMs).at(-1);
    const isOwnSilence = last !== undefined && "isVoice" in last;
    assert.ok(isOwnSilence, `nothing is heard from ${gap.fromMs} to ${gap.toMs}`);
    const isBusy = [...openAi.work, ...tools].find(({ fromMs, toMs }) =>
      Math.min(toMs, gap.toMs) - Math.max(fromMs, gap.fromMs) > MAX_SILENCE_MS
    );
    assert.equal(
      isBusy,
      undefined,
      `nothing is heard from ${gap.fromMs} to ${gap.toMs}, while it is at work`,
    );
  }

  // The goodbye is heard before we hang up.
  if (reason === "agent_hung_up" || reason === "operator_hung_up") {
    const asked = openAi.asked.findLast(({ instructions }) => instructions.includes("goodbye"));
    const hungUp = twilio.asked.find(({ what }) => what === "hang up");
    assert.ok(asked && hungUp, "there is a goodbye");
    const words = heard.filter(({ isVoice, fromMs }) => isVoice && fromMs >= asked.atMs);
    assert.ok(words.length > 0, "the goodbye is heard");
    assert.ok(words.at(-1)!.toMs <= hungUp.atMs, "the goodbye is heard out");
  }

  // What is written down is what was said, in order, and nothing else.
  const written = transcript.flatMap((entry) =>
    entry.kind === "user" && entry.text.startsWith("Sentence") ? entry.text : []
  );
  assert.deepEqual(written, caller.madeOut, "the caller's words");
  const digits = transcript.flatMap((entry) => entry.kind === "keys" ? entry.digits : []).join("");
  assert.equal(digits, twilio.pressed.map(({ digit }) => digit).join(""), "the caller's keys");
  assert.ok(
    !transcript.some((entry) => "text" in entry && entry.text.includes("Only written.")),
    "what nobody heard",
  );
  // One that a cough has cut in two is one; one that hardly began, or that the call ends in, may be none.
  const parts = heard.filter(({ isVoice }, i) => i === 0 || !isVoice || !heard[i - 1].isVoice);
  const all = parts.filter(({ byte }, i) => byte >= FIRST_HOLD_BYTE && byte !== parts[i - 1]?.byte);
  const sentences = all.filter(({ fromMs, toMs }) =>
    toMs - fromMs > HARDLY_BEGUN_MS && toMs < call.endedAtMs - 1_000
  );
  const noted = transcript.flatMap((entry) =>
    entry.kind === "note" && entry.text.startsWith("The caller waited") ? entry.text.split("heard: ")[1] : []
  );
  if (noted.length === sentences.length) {
    sentences.forEach(({ fromMs, toMs, byte }, i) => {
      const isWhole = toMs - fromMs >= CLIPS[byte - FIRST_HOLD_BYTE].muLaw.length / 8;
      const words = SENTENCES[byte - FIRST_HOLD_BYTE];
      assert.ok(isWhole ? noted[i] === words : words.startsWith(noted[i].slice(0, -1)), noted[i]);
    });
  }
  assert.ok(
    noted.length >= sentences.length && noted.length <= all.length,
    `${noted} of ${all.length} are written down`,
  );
  // And what was heard, unless the call ended in the middle of it.
  const last = heard.findLast(({ isVoice }) => isVoice);
  if (!last || last.toMs > call.endedAtMs - 1_000) return;
  const heardMs = heard.filter(({ isVoice }) => isVoice).reduce(
    (sum, { fromMs, toMs }) => sum + toMs - fromMs,
    0,
  );
  const answers = transcript.filter((entry) => entry.kind === "assistant");
  const writtenMs = answers.reduce((sum, { text }) => sum + text.split("Words.").length - 1, 0) * WORD_MS;
  assert.ok(
    Math.abs(heardMs - writtenMs) <= HEARD_WITHIN_MS * Math.max(1, answers.length),
    `${heardMs} ms were heard, ${writtenMs} ms are written down`,
  );
}

Deno.test(`${RUNS} random calls: nobody is asked in vain, nobody waits in silence, each goodbye is heard, and the record is true`, async () => {
  const seen = {
    reasons: new Map<string, number>(),
    asked: 0,
    tools: 0,
    turns: 0,
    keys: 0,
    sessions: 0,
    holds: 0,
    unheard: 0,
    words: 0,
  };
  await fc.assert(
    fc.asyncProperty(randomCall, async (random) => {
      const caller = await play(random);
      assertRight(caller);
      const { call } = caller;
      const [{ reason }] = call.ended;
      seen.reasons.set(reason, (seen.reasons.get(reason) ?? 0) + 1);
      seen.asked += call.askedWhether;
      seen.tools += call.openAi.calls.length;
      seen.turns += caller.said.length;
      seen.keys += caller.pressedMs.length;
      seen.sessions += call.openAi.sessions.length;
      seen.holds += call.twilio.sounds.filter(({ isVoice }) => !isVoice).length;
      seen.words += call.twilio.sounds.filter(({ byte }) => byte >= FIRST_HOLD_BYTE).length;
      seen.unheard += call.log.names.filter((name) => name === "answer_unheard").length;
    }),
    { seed: SEED, numRuns: RUNS },
  );
  // The calls are worth something only while they reach everything.
  assert.ok(seen.asked > 20 && seen.tools > RUNS / 4 && seen.turns > RUNS && seen.keys > RUNS);
  assert.ok(
    seen.sessions > 1.2 * RUNS && seen.holds > RUNS && seen.unheard > 20 && seen.words > RUNS / 2,
    JSON.stringify(seen),
  );
  for (const reason of ["agent_hung_up", "caller_hung_up", "operator_hung_up"]) {
    assert.ok(seen.reasons.has(reason), reason);
  }
});
