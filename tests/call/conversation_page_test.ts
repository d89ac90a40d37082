import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { FIELDS } from "../../src/config/fields.ts";

/*
 * Holds docs/conversation.md to tests and code: each row of what a caller hears is shown by a test, and each clock has the
 * default that the page gives.
 */

const ROOT = new URL("../../", import.meta.url);
const PAGE = await Deno.readTextFile(new URL("docs/conversation.md", ROOT));

/** By how the first cell of a row begins: files of tests, and what stands in the title of a test. */
const SHOWN_BY: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  "the caller speaks into an answer": [
    ["e2e/false_interruption", "words: the answer is cut off as ever"],
    ["call/unheard_items", "An answer whose audio comes only when the caller speaks on was never said"],
  ],
  "a cough, an echo": [
    ["e2e/false_interruption", "the answer goes on from the very place"],
    ["call/talk_customs", "A noise that the transcription describes, or makes up words for"],
    ["call/talk_customs", "The agent's own words that come back by the caller's loudspeaker"],
    ["e2e/false_interruption", "a 'mhm' into a German answer"],
    ["call/approval", "A word of approval into an answer does not end it"],
  ],
  "the same into an answer that is still being made": [
    ["e2e/false_interruption", "a cough into an answer that is still being generated"],
  ],
  "OpenAI hears a turn end": [
    ["call/uncommitted_turns", "A turn that OpenAI does not commit is committed before it is answered"],
  ],
  "words that come later": [["e2e/false_interruption", "words that come late interrupt it all the same"]],
  "speech below": [
    ["e2e/false_interruption", "a short 'mhm' below that length is not even noticed"],
    ["e2e/false_interruption", "a short 'stop' below the least length"],
    ["e2e/reported_calls", "semantic voice detection, which tells no silence"],
  ],
  "the caller says hello before the greeting": [
    ["call/talk_customs", "A caller who has said hello before the greeting hears it, once"],
    ["call/talk_customs", "A hello into the beginning of the greeting does not end it"],
  ],
  "the caller asks for a moment": [["call/talk_customs", "A caller who asks for a moment is not asked"]],
  "nobody speaks after": [[
    "call/talk_customs",
    "A line that stays open after the agent's goodbye is hung up",
  ]],
  "the caller speaks into a greeting": [
    ["e2e/turns", "a greeting that must not be interrupted is heard whole"],
  ],
  "the caller speaks when the session is lost": [
    ["e2e/survival_drop", "OpenAI lost while the caller speaks"],
    ["call/patience", "A session that is lost while a sound into the answer is not understood yet"],
  ],
  "an answer is only written": [
    ["call/patience", "An answer of text alone is asked for again at once as speech"],
    ["e2e/reported_calls", "the answer to a tool's result is only written"],
  ],
  "part of an answer is only written": [
    ["call/other_events", "What a response has written beside what it said is spoken next"],
  ],
  "OpenAI breaks an answer off": [
    ["call/other_events", "An answer that OpenAI breaks off by itself goes on"],
    ["call/cut_answers", "An answer that fails in the middle goes on from there"],
    ["call/incomplete_items", "An answer whose item is incomplete, in a response that is not"],
  ],
  "OpenAI refuses to make an answer": [
    ["call/refused_requests", "A greeting that OpenAI refuses is asked for again at once"],
    ["call/refused_requests", "A limit of the rate that passes within 15 s is waited for"],
  ],
  "an answer announces something": [[
    "call/talk_customs",
    "A model that says it takes a moment, and does nothing",
  ]],
  "a response ends or fails": [
    ["call/other_events", "A function call that the token limit has cut off is made again"],
    ["call/other_events", "A response that fails after it has called a tool is answered once"],
    ["call/incomplete_items", "A function call that is incomplete, in a response that is not"],
  ],
  "an answer ends at its token limit": [
    ["e2e/reported_calls", "ends at its token limit before a word was heard"],
    ["e2e/survival_model", "an answer that is cut by its token limit is heard as far as it goes"],
    ["call/cut_answers", "An answer that its token limit or a filter ends in the middle of a sentence"],
  ],
  "the model thinks for a long time": [
    ["e2e/reported_calls", "a model that thinks for 8 s"],
    ["call/patience", "A model that thinks for 8 s each time"],
  ],
  "the model is visibly at work": [["call/patience", "A model that is visibly at work is neither cancelled"]],
  "an answer is longer than the buffer": [["e2e/long_answer", "ends there: the caller hears what fits"]],
  "the caller asks again and again": [
    ["call/impatient_callers", "A caller who asks again and again what keeps a model"],
    ["call/impatient_callers", "A caller who asks again whenever a model has begun an answer"],
  ],
  "an answer comes without its words": [
    ["call/impatient_callers", "An answer without words is in the record all the same"],
  ],
  "`end_call` and `transfer_call` in one answer": [
    ["call/two_exits", "A caller who is put through and hung up on in one answer"],
    ["call/two_exits", "A caller who is put through twice in one answer"],
  ],
  "the caller interrupts a long answer": [["call/patience", "into a long answer waits no longer"]],
  "nobody speaks": [["e2e/time", "a caller who says nothing is asked whether they are there"]],
  "the caller types, a tool runs": [
    ["call/patience", "Whoever types digits, or waits for a tool"],
    ["e2e/reported_calls", "coughs while a tool takes longer than a silence may"],
  ],
  "the caller presses a key while that question": [
    ["call/patience", "A key pressed while the question whether somebody is there is on its way"],
  ],
  "the model speaks into the silence by itself": [["call/patience", "A dead line is asked and hung up"]],
  "a number that is typed slowly": [["call/keys_and_sounds", "A number that is typed slowly is two entries"]],
  "six noises in a row": [
    ["call/nobody_there", "A line of noises without a word is asked"],
    ["call/nobody_there", "A machine that says the same again and again is nobody"],
  ],
  "the model calls a tool again": [
    [
      "call/repeated_calls",
      "A tool that one response calls twice with the same arguments does its work once",
    ],
    ["call/repeated_calls", "A tool that is asked for again while it is at work"],
  ],
  "hold music": [["call/patience", "A turn that never ends is answered after a minute"]],
  "keys into an answer": [
    ["e2e/what_comes_first", "a key into a long menu silences it at once"],
    ["e2e/what_comes_first", "a key does not cut off the last second of an answer"],
  ],
  "keys while the model thinks": [
    ["e2e/reported_calls", "digits while the model thinks"],
    ["call/keys_and_sounds", "What a caller says while typing is answered with the keys"],
  ],
  "a tool takes long": [
    ["e2e/tools", "a slow tool is bridged by a spoken filler"],
    ["e2e/what_comes_first", "no filler is asked for while the caller still hears what was said"],
  ],
  "an operator tells": [
    ["e2e/operator_actions", "that ends there, and the caller hears of it next"],
    ["e2e/operator_actions", "the goodbye is heard, and the record names the operator"],
    ["e2e/operator_actions", "at once, and the record names the operator"],
  ],
  "`end_call` or `transfer_call`": [
    ["e2e/what_comes_first", "end_call before the farewell, in one response"],
    ["e2e/what_comes_first", "transfer_call before its sentence"],
    ["e2e/tools", "end_call: the goodbye is heard to its end"],
  ],
  '"no, wait"': [
    ["e2e/what_comes_first", "'no, wait' calls off a transfer"],
    ["call/keys_and_sounds", "Whoever presses a key into the last moment of the goodbye"],
  ],
  "`end_call` beside a question": [
    ["call/leaving", "A model that asks something and hangs up in one breath is not let go"],
  ],
  "`end_call` without a goodbye": [
    ["call/leaving", "A model that hangs up without a word says goodbye first"],
    ["call/leaving", "A goodbye that is only written beside the hang-up is spoken before it"],
    ["call/leaving", "No second goodbye where the agent has said one"],
  ],
  "`end_call` or `transfer_call` while a tool": [
    ["call/leaving", "A hang-up waits for a tool at work, and the caller hears what came of it"],
    ["call/leaving", "A transfer waits for a tool at work"],
    ["call/leaving", "A tool that is done before its goodbye was heard does not keep the call"],
  ],
  "agent and caller say goodbye": [["call/leaving", "Two sides that say goodbye again and again are parted"]],
  '"yes, please"': [["call/leaving", "A caller who agrees to be put through is put through"]],
  '"okay, bye"': [
    ["call/leaving", "However long a caller takes leave"],
    ["e2e/reported_calls", "'okay, bye' into the goodbye"],
    ["e2e/reported_calls", "'thanks, one more thing' into the goodbye"],
  ],
  "the longest duration": [
    ["e2e/what_comes_first", "the end of the longest duration does not wait for a long answer"],
    ["e2e/what_comes_first", "a caller who talks into the last goodbye"],
  ],
  "the caller hangs up while a tool is at work": [
    ["call/late_tools", "A tool at work when the caller hangs up ends"],
    ["call/late_tools", "A server that stops waits three seconds for tools"],
  ],
  "the caller hangs up in the middle": [
    ["e2e/last_words", "a hang-up in the middle of an answer"],
    ["e2e/last_words", "a transcription that comes after the hang-up is in the record"],
    ["call/other_events", "The caller's words are in the record as far as they were transcribed"],
    ["call/late_echoes", "A caller hangs up in the middle of an answer whose marks come back"],
  ],
  "the stream is lost": [["e2e/last_words", "a lost stream, a server that stops and a model that is lost"]],
};

/** Constants that end with `_MS` and are no clocks of a caller. */
const NO_CLOCKS: readonly (readonly [why: string, names: RegExp])[] = [
  [
    "how often, or how exactly, something is looked at",
    /^(LOOK_EVERY|LOOK_SLACK|HEARD_CHECK|TOLD_CHECK|HELD_CHECK|PAUSE_CHECK|STOP_SLACK|STALL_SLACK|SLACK|MAX_LATE|HEARTBEAT|SILENT|DRIFT_TOLERANCE|MAX_EARLY|MARK_INTERVAL|HOLD_GRACE)_MS$/,
  ],
  [
    "sizes of audio",
    /^(\w*_APPEND|(LARGE|SMALL)_AT_LAG|MAX_LATENESS|MULAW_BYTES_PER|MIN_GAP|STALL_FILL|NOTE|HOLD_SOUND|(MAX|LEAST)_CLIP|MARGIN|FADE_OUT)_MS$/,
  ],
  ["behind another clock of the page", /^(MAX_TIMEOUT|CONFIGURE_TIMEOUT|LOST_AFTER|TOOL_TIMEOUT)_MS$/],
  [
    "before a call has its stream, or when it has left it: docs/operations.md",
    /^(TOKEN_LIFETIME|RING_RESERVATION|ENDED_LIFETIME|NOTED_WITHIN|WRITTEN_WITHIN|GONE_WITHIN)_MS$/,
  ],
  ["no call at all: a check of slimline doctor", /^CHECK_MS$/],
  ["random spread", /^LIFE_VARIES_BY_MS$/],
];

/** Constants of the table of deadlines, each with what stands there. */
const DEADLINES: Readonly<Record<string, string>> = {
  SECOND_ATTEMPT_AFTER_MS: "1.2 s",
  REFUSED_PATIENCE_MS: "15 s",
  TURN_SLACK_MS: "4.5 s",
  EAGERNESS_MS: "voice detection needs",
  LONGEST_TURN_MS: "60 s",
  LEAST_ANSWER_MS: "1.7 s",
  LONGEST_WORK_MS: "90 s",
  MCP_TIMEOUT_MS: "30 s",
  RATE_LIMIT_DELAYS_MS: "1 s, then 2, 4 and 8 s",
  RATE_LIMIT_PAUSE_MS: "1 s",
  RETRY_DELAYS_MS: "asked again",
  NEXT_RETRY_DELAYS_MS: "connecting again",
  REST_TIMEOUT_MS: "7 s",
  RETRY_DELAY_MS: "7 s",
  HEDGE_AFTER_MS: "1.5 s",
  SLOW_CONTROL_MS: "1.5 s",
  STOP_WITHIN_MS: "7 s",
  HANG_UP_WITHIN_MS: "1.5 s",
  SESSION_LIFE_MS: "another session",
};

function section(title: string): string {
  const found = PAGE.split(/^## /m).find((text) => text.startsWith(title));
  assert.ok(found, title);
  return found;
}

/** The rows of all tables of a section. */
function rows(title: string): string[][] {
  return section(title).split(/\n\n(?=\|)/).slice(1).flatMap((table) =>
    table.split("\n").filter((line) => line.startsWith("| "))
      .map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()))
      .filter(([cell], index) => index > 0 && !/^-+$/.test(cell))
  );
}

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield await Deno.readTextFile(new URL(folder + name, ROOT));
  }
}

/** Each constant of a call that ends with `_MS`, as it is written. */
const CONSTANTS = new Map<string, string>();
for (const folder of ["src/call/", "src/carrier/", "src/model/"]) {
  for await (const text of sources(folder)) {
    for (const [, name, value] of text.matchAll(/^(?:export )?const ([A-Z_]+_MS)(?:: [^=]+)? = ([^;]+);/gm)) {
      CONSTANTS.set(name, value);
    }
  }
}

/** A time as the page writes it, in each way that it may. */
function written(ms: number): string[] {
  return [`${ms} ms`, `${ms / 1_000} s`, `${ms / 60_000} min`];
}

Deno.test("Each row of what a caller hears is whole, and shown by tests that exist", async () => {
  const table = rows("What a caller hears");
  assert.ok(table.length > 25);
  for (const row of table) assert.ok(row.length === 4 && row.every((cell) => cell !== ""), row[0]);
  const beginnings = Object.keys(SHOWN_BY);
  const isOf = ([cell]: string[], beginning: string) => cell.startsWith(beginning);
  assert.deepEqual(table.filter((row) => !beginnings.some((beginning) => isOf(row, beginning))), []);
  assert.deepEqual(beginnings.filter((beginning) => !table.some((row) => isOf(row, beginning))), []);
  const missing: string[] = [];
  for (const [file, title] of Object.values(SHOWN_BY).flat()) {
    const text = await Deno.readTextFile(new URL(`tests/${file}_test.ts`, ROOT)).catch(() => "");
    if (!text.includes(title)) missing.push(`${file}: ${title}`);
  }
  assert.deepEqual(missing, []);
});

Deno.test("Each clock of the page has the default that it gives, and no clock of a call is left out", () => {
  const clocks = rows("Clocks of a call");
  const wrong: string[] = [];
  for (const [clock, given] of clocks) {
    const [, name] = /`([^`]+)`/.exec(clock) ?? [];
    const ms = defaultOf(name);
    const isRight = ms === undefined ? given === "none" : written(ms).includes(given);
    if (!isRight) wrong.push(`${clock}: ${given}, and the code has ${ms}`);
  }
  assert.deepEqual(wrong, []);
  const told = new Set(clocks.map(([clock]) => /`([^`]+)`/.exec(clock)?.[1]));
  const isLeftOut = (name: string) =>
    !told.has(name) && !(name in DEADLINES) && !NO_CLOCKS.some(([, names]) => names.test(name));
  assert.deepEqual([...CONSTANTS.keys()].filter(isLeftOut), []);
});

Deno.test("The table of deadlines has what the code's constants say", () => {
  const text = section("Deadlines of a talk");
  for (const [name, words] of Object.entries(DEADLINES)) {
    assert.ok(CONSTANTS.has(name), `${name} is gone`);
    assert.ok(text.includes(words), `${name}: ${words}`);
    const value = Number(CONSTANTS.get(name)!.replaceAll("_", ""));
    if (/^[\d.]+ s$/.test(words) && !Number.isNaN(value) && words !== "7 s") {
      assert.ok(written(value).includes(words), `${name} is ${value} ms, and the page says ${words}`);
    }
  }
});

/** In milliseconds. */
function defaultOf(name: string): number | undefined {
  const { turns, time, tools } = DEFAULT_BUSINESS;
  const detection = turns.detection.type === "server_vad" ? turns.detection : undefined;
  const fields: Readonly<Record<string, number | undefined>> = {
    "turns.detection.silenceDurationMs": detection?.silenceDurationMs,
    "turns.detection.prefixPaddingMs": detection?.prefixPaddingMs,
    "turns.detection.idleTimeoutMs": detection?.idleTimeoutMs,
    "turns.minInterruptionMs": turns.minInterruptionMs,
    "time.silencePromptSeconds": time.silencePromptAfterMs,
    "time.silenceGoodbyeSeconds": time.silenceGoodbyeAfterMs,
    "time.maxCallMinutes": time.maxCallMs,
    "time.warnBeforeEndSeconds": time.warnBeforeEndMs,
    "time.answerWithinSeconds": time.answerWithinMs,
    "time.connectWithinSeconds": time.connectWithinMs,
    "tools.fillerAfterMs": tools.fillerAfterMs,
    "PLAYBACK_LEAD_MS": Number(FIELDS.playbackLeadMs.default),
    "timeoutMs": 10_000, // the schema's own, see docs/businesses.md
  };
  if (name in fields) return fields[name];
  const value = CONSTANTS.get(name);
  assert.ok(value !== undefined, `There is no ${name}.`);
  return value.split("*").reduce((product, factor) => product * Number(factor.trim().replaceAll("_", "")), 1);
}
