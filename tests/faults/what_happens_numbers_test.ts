import assert from "node:assert/strict";
import { RESERVATION_LIFETIME_MS } from "../../src/admission/admission.ts";
import { MAX_LINGERING_SOCKETS } from "../../src/admission/gates.ts";
import {
  answerPatienceMs,
  FIRST_WORDS_MS,
  holdAfterMs,
  LONGEST_TURN_MS,
  LONGEST_WORK_MS,
} from "../../src/call/conversation/deadlines.ts";
import { MAX_FAILED_CONNECTS, REFUSED_PATIENCE_MS } from "../../src/call/conversation/realtime_link.ts";
import { HOLD_SOUND_MS } from "../../src/call/hold/hold_sound.ts";
import { STREAM_STALLED_AFTER_MS } from "../../src/call/playback/stall_watch.ts";
import { MAX_HELD_MS, SESSION_STALLED_AFTER_MS } from "../../src/call/uplink.ts";
import { HANG_UP_WITHIN_MS, SLOW_CONTROL_MS } from "../../src/carrier/twilio/call_control.ts";
import { MAX_GAP_FILL_MS } from "../../src/carrier/twilio/inbound_track.ts";
import { LOST_AFTER_MS } from "../../src/carrier/twilio/stream_silence.ts";
import { HEDGE_AFTER_MS, RETRY_DELAY_MS } from "../../src/carrier/twilio/twilio_rest.ts";
import { SILENT_MS } from "../../src/model/openai/heartbeat.ts";
import { MAX_FAILED_EVENTS } from "../../src/model/openai/realtime_session.ts";
import { MAX_HELD } from "../../src/records/outbox/held_records.ts";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { isOf, namesIn, tableRows } from "./what_happens_table.ts";

/*
 * Holds the numbers and the settings in the table "What happens when …" of docs/operations.md to the code.
 */

const ROOT = new URL("../../", import.meta.url);

/** What a number of a row is by the code: milliseconds, or a count. */
type Quantities = Readonly<Record<string, number>>;

const { answerWithinMs, connectWithinMs } = DEFAULT_BUSINESS.time;
/** A caller who waits for a session hears something after it. */
const sessionWordsMs = holdAfterMs("session");
/** A sound, and the quiet after it. */
const nextNotesMs = (awaited: "session" | "answer") => roundedUp(holdAfterMs(awaited) + HOLD_SOUND_MS);
const patienceMs = (attempts: number, isThinking: boolean) =>
  Array.from({ length: attempts }, (_, attempt) => answerPatienceMs(answerWithinMs, attempt, isThinking))
    .reduce((sum, ms) => sum + ms, 0);

function roundedUp(ms: number): number {
  return Math.ceil(ms / 1_000) * 1_000;
}

/** A constant that its file keeps to itself. */
async function constantIn(file: string, name: string): Promise<number> {
  const text = await Deno.readTextFile(new URL(`src/${file}.ts`, ROOT));
  return Number(new RegExp(`^const ${name} = ([\\d_]+);`, "m").exec(text)?.[1].replaceAll("_", ""));
}

/** By how the first cell of a row begins: each number of the row, as it is written, and what the code has. */
const QUANTITIES: Readonly<Record<string, Quantities>> = {
  "Twilio's stream brings": { "30 s": RESERVATION_LIFETIME_MS },
  "the model takes its time": {
    "2 s": sessionWordsMs,
    "3 s": nextNotesMs("session"),
    "8 s": connectWithinMs,
  },
  "a session is lost": { "4 s": SILENT_MS, "2 s": sessionWordsMs },
  "no new session within": {
    "8 s": connectWithinMs,
    "five failed": MAX_FAILED_CONNECTS,
    "five sessions": MAX_FAILED_CONNECTS,
  },
  "many sessions are lost": { "15 s": REFUSED_PATIENCE_MS },
  "the model has not begun an answer": {
    "2 s": FIRST_WORDS_MS,
    "5 s": answerWithinMs,
    "8.3 s": patienceMs(2, false),
    "10 s": patienceMs(3, false),
  },
  "the model has begun an answer, and thinks": {
    "12 s": patienceMs(1, true),
    "9 s": patienceMs(2, true) - patienceMs(1, true),
    "90 s": LONGEST_WORK_MS,
  },
  "the end of an answer": { "2 s": FIRST_WORDS_MS, "5 s": nextNotesMs("answer") },
  "music or noise": { "60 s": LONGEST_TURN_MS },
  "our own code throws": { "nine the": MAX_FAILED_EVENTS + 1 },
  "audio of the caller stops": { "ten seconds": MAX_GAP_FILL_MS },
  "the process stands still": { "10 s": await leadMs() },
  "Twilio's stream closes": { "25 s": LOST_AFTER_MS },
  "Twilio does not play": { "15 s": STREAM_STALLED_AFTER_MS },
  "OpenAI's socket takes": { "4 s": SESSION_STALLED_AFTER_MS, "5 s": MAX_HELD_MS },
  "Twilio's REST API does not answer": {
    "1.5 s": SLOW_CONTROL_MS,
    "7 s": roundedUp(
      HEDGE_AFTER_MS + RETRY_DELAY_MS + await constantIn("carrier/twilio/twilio_rest", "REST_TIMEOUT_MS"),
    ),
  },
  "Twilio's REST API does not confirm": { "1.5 s": HANG_UP_WITHIN_MS },
  "the disk of": { "most 1,000": MAX_HELD },
  "the server cannot listen again": { "32 sockets": MAX_LINGERING_SOCKETS },
  "something does not close": { "five seconds": await constantIn("cli/serve/run_server", "ENDS_WITHIN_MS") },
};

async function leadMs(): Promise<number> {
  const text = await Deno.readTextFile(new URL("src/config/fields.ts", ROOT));
  return Number(/"PLAYBACK_LEAD_MS",\s+digits\(.*\),\s+"(\d+)"/.exec(text)?.[1]);
}

const WORDS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const UNITS: Quantities = { ms: 1, s: 1_000, seconds: 1_000, minutes: 60_000, min: 60_000, hours: 3_600_000 };
const QUANTITY = new RegExp(
  `(?:\\bmost )[\\d,]+|\\b[\\d.,]*\\d (?:${Object.keys(UNITS).join("|")}|sockets)\\b|\\b(?:${
    WORDS.join("|")
  }) \\w+`,
  "g",
);

/** `8.5 s` in milliseconds; `five sessions` and `most 1,000` as their number. */
function quantityOf(text: string): number {
  const [first, second] = text.split(" ");
  if (first === "most") return Number(second.replaceAll(",", ""));
  const word = WORDS.indexOf(first);
  return (word < 0 ? Number(first.replaceAll(",", "")) : word + 2) * (UNITS[second] ?? 1);
}

Deno.test("Each number of a row, with a unit or in words, is what the code has", async () => {
  const wrong: string[] = [];
  for (const row of await tableRows()) {
    const known = Object.entries(QUANTITIES).find(([beginning]) => isOf(row, beginning))?.[1] ?? {};
    const written = new Set(row.join(" | ").match(QUANTITY));
    for (const text of written.union(new Set(Object.keys(known)))) {
      const isRight = written.has(text) && Math.abs(known[text] - quantityOf(text)) < 1;
      if (!isRight) wrong.push(`${row[0]}: ${text}, and the code has ${known[text]}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** Of the environment, of a business file, or a field of a log event. */
const SETTING = /^(?:[A-Z]+(?:_[A-Z]+)+|[a-z]+[A-Z]\w*|\w+(?:\.\w+)+)$/;

Deno.test("Each setting that a row names is one of the code's", async () => {
  const texts: string[] = [];
  for await (const { name } of Deno.readDir(new URL("src/businesses/schema/", ROOT))) {
    texts.push(await Deno.readTextFile(new URL(`src/businesses/schema/${name}`, ROOT)));
  }
  for (const file of ["config/fields", "call/call_account"]) {
    texts.push(await Deno.readTextFile(new URL(`src/${file}.ts`, ROOT)));
  }
  const missing: string[] = [];
  for (const row of await tableRows()) {
    for (const name of row.flatMap(namesIn).filter((one) => SETTING.test(one))) {
      const isThere = (part: string) =>
        texts.some((text) => new RegExp(`"${part}"|\\b${part}\\??:`).test(text));
      if (!name.split(".").every(isThere)) missing.push(`${row[0]}: ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});
