import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { CallServices } from "../../src/call/call_services.ts";
import { HOLD_WORDS_AFTER_MS, HoldWords } from "../../src/call/hold/hold_words.ts";
import { RealtimeError } from "../../src/model/realtime_error.ts";
import { eventually } from "../support/eventually.ts";
import { CLIPS, SENTENCES, WORDS } from "../support/hold_clips.ts";
import type { ModelEvent, ModelSession, Plan } from "../support/model_openai.ts";
import { FIRST_HOLD_BYTE } from "../support/model_twilio.ts";
import { PoliteCall } from "../support/polite_caller.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** From the last sound to the first words of a wait, with what goes by until that is looked at. */
const FIRST_WORDS_MS = 2_200;
/** Between two things that a waiting caller hears. */
const MAX_PAUSE_MS = 5_000;

type Heard = { what: string; fromMs: number; toMs: number };

/** What the caller heard and said, in order: `turn`, `model`, a sentence, or `sound`. */
function heard({ call, turns }: PoliteCall): Heard[] {
  const sounds = call.twilio.sounds.map(({ fromMs, toMs, isVoice, byte }) => ({
    what: isVoice ? "model" : SENTENCES[byte - FIRST_HOLD_BYTE] ?? "sound",
    fromMs,
    toMs,
  }));
  return [...sounds, ...turns.map((turn) => ({ what: "turn", ...turn }))].sort((a, b) => a.fromMs - b.fromMs);
}

/** The waits of a talk: what was heard between the voices of caller and model, where anything was. */
function waits(talk: PoliteCall): Heard[][] {
  const all: Heard[][] = [[]];
  for (const each of heard(talk)) {
    if (each.what === "model" || each.what === "turn") all.push([]);
    else all.at(-1)!.push(each);
  }
  return all.filter((wait) => wait.length > 0);
}

const isSentence = ({ what }: Heard) => SENTENCES.includes(what);

/** The sentences of the record, in order. */
function noted({ call }: PoliteCall): string[] {
  return call.ended[0].transcript.flatMap((entry) =>
    entry.kind === "note" && entry.text.startsWith("The caller waited") ? entry.text : []
  );
}

/** Nothing that a session sends from the `last`th event of the talk on comes; others are as ever. */
function stallAfter(last: number) {
  let stalled: ModelSession | undefined;
  return (event: ModelEvent, index: number, session: ModelSession) => {
    if (index === last) stalled = session;
    return session === stalled && index > last && event.type !== "session.updated" ? undefined : event;
  };
}

Deno.test("A model that stops midway: the caller hears a sentence, then the sound, and then its answer from another session", async () => {
  const { sent } = await PoliteCall.run();
  const midway = sent.findIndex((type, i) => type === "response.output_audio.delta" && i > 40);
  const talk = await PoliteCall.run(stallAfter(midway), { holdWords: WORDS });
  assert.equal(talk.turns.length, 4);
  assert.equal(talk.call.ended[0].reason, "caller_hung_up");
  const [wait] = waits(talk);
  assert.deepEqual(wait.map(({ what }) => what), [SENTENCES[0], "sound"]);
  const before = heard(talk).findLast(({ fromMs, what }) => what === "model" && fromMs < wait[0].fromMs)!;
  assert.ok(wait[0].fromMs - before.toMs < FIRST_WORDS_MS, `${wait[0].fromMs - before.toMs} ms`);
  assert.deepEqual(noted(talk), [`The caller waited, and heard: ${SENTENCES[0]}`]);
  assert.ok(talk.call.log.names.includes("no_answer"));
});

Deno.test("Wherever a session stalls, a wait begins with a sentence, none is said twice in a row, and the record has each", async () => {
  const { sent } = await PoliteCall.run();
  const faults: string[] = [];
  for (let last = 5; last < sent.length; last += 7) {
    const talk = await PoliteCall.run(stallAfter(last), { holdWords: WORDS });
    const { call } = talk;
    const said = waits(talk).flat();
    const sentences = said.filter(isSentence).map(({ what }) => what);
    const isDoubled = waits(talk).some((wait) => {
      const inWait = wait.filter(isSentence);
      return inWait.some(({ what }, i) => what === inWait[i + 1]?.what);
    });
    const isOpenedBySound = waits(talk).some(([first], i) => i === 0 && first.what === "sound");
    const { length } = noted(talk);
    if (isDoubled || isOpenedBySound || length !== sentences.length || talk.turns.length < 4) {
      faults.push(
        `${last} ${sent[last]}: ${said.map(({ what }) => what)}; ${length} notes, ${talk.turns.length} turns`,
      );
    }
    assert.deepEqual([...call.errors, ...call.twilio.violations], []);
  }
  assert.deepEqual(faults, []);
});

Deno.test("A model that thinks for 8 s each time is waited for, and each wait has words, not the same ones as before", async () => {
  const plans: Plan[] = [{ does: "answer", speechMs: 1_000, calls: [], lateDeltas: 0, thinkMs: 8_000 }];
  const talk = await PoliteCall.run(undefined, { holdWords: WORDS, plans });
  assert.equal(talk.turns.length, 4);
  assert.equal(talk.call.openAi.sessions.length, 1);
  const all = waits(talk);
  assert.deepEqual(
    all.map((wait) => wait.map(({ what }) => what)),
    [0, 1, 0, 1, 0].map((i) => [SENTENCES[i], "sound"]),
    "greeting and four answers",
  );
  for (const wait of all) assert.ok(wait[1].fromMs - wait[0].toMs < MAX_PAUSE_MS);
});

Deno.test("A session that is lost, and another that takes 4 s to be had: the caller hears a sentence meanwhile", async () => {
  const { sent } = await PoliteCall.run();
  const midway = sent.findIndex((type, i) => type === "response.output_audio.delta" && i > 40);
  const talk = await PoliteCall.run((event, index, session) => {
    if (index === midway) queueMicrotask(() => session.drop());
    return event;
  }, { holdWords: WORDS, connectMs: (number) => number === 1 ? 0 : 4_000 });
  assert.equal(talk.turns.length, 4);
  assert.deepEqual(waits(talk)[0].filter(isSentence).map(({ what }) => what), [SENTENCES[0]]);
  assert.equal(talk.call.ended[0].reason, "caller_hung_up");
});

Deno.test("A connection that takes 3 s at the call's start: a sentence after two seconds, then the greeting", async () => {
  const talk = await PoliteCall.run(undefined, { holdWords: WORDS, connectMs: () => 3_000 });
  const [first] = heard(talk);
  assert.equal(first.what, SENTENCES[0]);
  assert.ok(first.fromMs > 1_900 && first.fromMs < 2_400, `${first.fromMs} ms`);
  assert.equal(talk.turns.length, 4);
});

Deno.test("A sentence fades at once when the model speaks, unless it is all but over, and the record has what was heard", async () => {
  for (const { thinkMs, isCut } of [{ thinkMs: 2_400, isCut: true }, { thinkMs: 3_000, isCut: false }]) {
    const plans: Plan[] = [{ does: "answer", speechMs: 1_000, calls: [], lateDeltas: 0, thinkMs }];
    const talk = await PoliteCall.run(undefined, { holdWords: WORDS, plans, turns: 1 });
    const [wait] = waits(talk).slice(-1);
    const next = heard(talk).find(({ what, fromMs }) => what === "model" && fromMs >= wait[0].toMs)!;
    const ms = wait[0].toMs - wait[0].fromMs;
    const wholeMs = CLIPS[SENTENCES.indexOf(wait[0].what)].muLaw.length / 8;
    const note = noted(talk).at(-1)!;
    if (isCut) {
      assert.ok(ms < wholeMs, `${ms} ms`);
      assert.equal(wait[1].what, "sound");
      assert.equal(wait[1].toMs - wait[1].fromMs, 60, "what fades away");
      assert.match(note, /…$/);
    } else {
      assert.equal(ms, wholeMs);
      assert.equal(note, `The caller waited, and heard: ${wait[0].what}`);
    }
    assert.ok(
      next.fromMs - wait.at(-1)!.toMs < 30,
      `${next.fromMs - wait.at(-1)!.toMs} ms of silence after it`,
    );
    const said = talk.call.ended[0].transcript.filter(({ kind }) => kind === "assistant");
    assert.ok(said.every((entry) => "cut" in entry && !entry.cut), "the model was not cut off");
    const { openAi, twilio, errors } = talk.call;
    assert.deepEqual([...openAi.violations, ...twilio.violations, ...errors], []);
  }
});

Deno.test("A caller who speaks silences a sentence, of which the model is told nothing", async () => {
  const plans: Plan[] = [
    { does: "answer", speechMs: 1_000, calls: [], lateDeltas: 0 },
    { does: "answer", speechMs: 1_000, calls: [], lateDeltas: 0, thinkMs: 4_000 },
  ];
  const talk = new PoliteCall((event) => event, 0, { holdWords: WORDS, plans });
  const { call } = talk;
  call.twilio.connect();
  await call.run(3_000);
  call.speak(800, "Are you open tomorrow?");
  await call.run(6_000, () => call.twilio.sounds.at(-1)?.byte === FIRST_HOLD_BYTE);
  await call.run(500);
  call.speak(800, "Hello, are you there?");
  await call.run(6_000);
  call.twilio.end("stop_and_close");
  await call.run(4_000);
  const sentence = call.twilio.sounds.find(({ byte }) => byte === FIRST_HOLD_BYTE)!;
  const heardMs = sentence.toMs - sentence.fromMs;
  assert.ok(heardMs > 400 && heardMs < 800, `${heardMs} ms`);
  assert.match(noted(talk)[0], /^The caller waited, and heard: One moment…$|heard: One…$/);
  assert.deepEqual([...call.openAi.violations, ...call.twilio.violations, ...call.errors], []);
  assert.deepEqual(call.openAi.deleted, []);
});

Deno.test("A cough or an okay into a sentence silences it, and the caller is answered once", async () => {
  for (const words of ["", "Okay."]) {
    const plans: Plan[] = [
      { does: "answer", speechMs: 1_000, calls: [], lateDeltas: 0 },
      { does: "answer", speechMs: 1_000, calls: [], lateDeltas: 0, thinkMs: 4_000 },
      { does: "answer", speechMs: 1_000, calls: [], lateDeltas: 0, thinkMs: 1_000 },
    ];
    const talk = new PoliteCall((event) => event, 0, { holdWords: WORDS, plans });
    const { call } = talk;
    call.twilio.connect();
    await call.run(3_000);
    call.speak(800, "Are you open tomorrow?");
    await call.run(6_000, () => call.twilio.sounds.at(-1)?.byte === FIRST_HOLD_BYTE);
    await call.run(300);
    call.speak(200, words);
    await call.run(8_000);
    call.twilio.end("stop_and_close");
    await call.run(4_000);
    const heardBytes = call.twilio.sounds.map(({ byte }) => byte);
    assert.deepEqual(heardBytes, [1, FIRST_HOLD_BYTE, 3], "greeting, what began of the sentence, the answer");
    assert.deepEqual(call.openAi.asked.length, 1, "the greeting: nothing is asked for again");
    assert.deepEqual([...call.openAi.violations, ...call.twilio.violations, ...call.errors], []);
  }
});

Deno.test("A call has its business's sentences made once it has lasted a while, and the model is there", async () => {
  const asked: number[] = [];
  const talk = new PoliteCall((event) => event, 40, {
    holdWords: { clipsOf: () => [], prepare: () => void asked.push(talk.call.clock.now()) },
  });
  await talk.run();
  assert.ok(asked[0] >= HOLD_WORDS_AFTER_MS && asked[0] <= HOLD_WORDS_AFTER_MS + 1_000, `${asked[0]}`);
});

Deno.test("Where no sentences can be made, callers who wait hear the sound, and the log says it once", async () => {
  using folder = new TempFolder();
  const { sent } = await PoliteCall.run();
  const midway = sent.findIndex((type, i) => type === "response.output_audio.delta" && i > 40);
  const holdWords: CallServices["holdWords"] = {
    clipsOf: (business) => words.clipsOf(business),
    prepare: (theirs) => words.prepare(business = theirs),
  };
  let business: Business | undefined;
  const talk = new PoliteCall(stallAfter(midway), 12, { holdWords });
  const { call } = talk;
  const words: HoldWords = new HoldWords({
    folder: folder.path,
    clock: call.clock,
    log: call.log,
    voiceOf: () => ({
      made: [],
      open: ({ onLost }) => {
        queueMicrotask(() =>
          onLost(new RealtimeError("fatal", "model_not_found", "There is no such model."))
        );
        return { close() {}, listen() {} } as unknown as ReturnType<CallServices["openRealtime"]>;
      },
      engine: () => Promise.resolve(call.engine),
    }),
    onUsed() {},
  });
  words.clipsOf(DEFAULT_BUSINESS);
  await talk.run();
  assert.equal(talk.turns.length, 12);
  assert.deepEqual(new Set(waits(talk).flat().map(({ what }) => what)), new Set(["sound"]));
  assert.equal(call.ended[0].reason, "caller_hung_up");
  assert.deepEqual(call.errors, []);
  await eventually("it is logged", () => { // the disk takes its time, which the clock of the call does not know
    words.prepare(business!);
    return call.log.names.includes("hold_words_failed");
  });
  const told = call.log.events.filter(({ event }) => event.startsWith("hold_words"));
  assert.deepEqual(told.map(({ event, attributes }) => [event, attributes.code]), [
    ["hold_words_failed", "model_not_found"],
  ]);
});
