import assert from "node:assert/strict";
import process from "node:process";
import { setImmediate } from "node:timers/promises";
import { numberPlans } from "../../../src/observability/redaction/number_plans.ts";
import {
  type PersonalKind,
  RedactedTalk,
  redactText,
} from "../../../src/observability/redaction/redact_text.ts";
import { threadCpuMs } from "../../support/thread_cpu.ts";

const ALL: PersonalKind[] = ["telephone", "email", "card", "iban", "ssn", "passport"];
const TEL = "[telephone number]";
const CARD = "[card number]";
const SSN = "[social security number]";
const EMAIL = "[e-mail address]";

function check(cases: readonly (readonly [text: string, redacted: string])[], kinds = ALL): void {
  for (const [text, redacted] of cases) assert.equal(redactText(text, { kinds }), redacted);
}

Deno.test("Redaction masks telephone numbers however they are written", () => {
  check([
    ["Call +1 (415) 555-0123.", `Call ${TEL}.`],
    ["Call 415.555.0123 now", `Call ${TEL} now`],
    ["It is 555-0123, thanks", `It is ${TEL}, thanks`],
    ["4 1 5 5 5 5 0 1 2 3", TEL],
    ["4, 1, 5, 5, 5, 5, 0, 1, 2, 3", TEL],
    ["(0)30 / 901820", TEL],
    ["+49 (0)30 901820", TEL],
    ["0049 30 901820 or +44 20 7946 0958", `${TEL} or ${TEL}`],
    ["4,155,550,123", TEL],
  ]);
});

Deno.test("Redaction masks numbers that are read out", () => {
  check([
    ["It's four one five, five five five, oh one two three.", `It's ${TEL}.`],
    ["four 1 five five five five zero 1 2 3 please", `${TEL} please`],
    ["Eight hundred five five five oh one double two", TEL],
    ["four fifteen, five fifty-five, twelve thirty-four", TEL],
    ["area code 415 and then", "area code 415 and then"],
    ["null drei null, neun null eins acht zwei null eins", TEL],
    ["seis uno dos, tres cuatro cinco, seis siete ocho y nueve", TEL],
    ["zéro un, quarante-deux, soixante, trente-trois, dix", TEL],
  ]);
});

Deno.test("Redaction masks card numbers by their check digit", () => {
  check([
    ["4242 4242 4242 4242", CARD],
    ["Amex 3782 822463 10005, twelve twenty-seven", `Amex ${CARD}`],
    ["forty-two forty-two forty-two forty-two forty-two forty-two forty-two forty-two", CARD],
    ["4242424242424242#", `${CARD}#`],
  ]);
  check([
    ["4242 4242 4242 4242", CARD],
    ["4242 4242 4242 4241 or 415 555 0123", "4242 4242 4242 4241 or 415 555 0123"],
  ], ["card"]);
});

Deno.test("Redaction masks social security numbers", () => {
  check([
    ["My social is 123-45-6789.", `My social is ${SSN}.`],
    ["one two three, four five, six seven eight nine", SSN],
    ["123456789", SSN],
  ]);
  check([
    ["123-45-6789, 415 555 0123", `${SSN}, 415 555 0123`],
    ["000-45-6789", "000-45-6789"],
    ["415 555 0123", "415 555 0123"],
  ], ["ssn"]);
});

Deno.test("Redaction masks e-mail addresses, written and spoken", () => {
  check([
    ["Write to John.Smith+x@mail.example.co.uk, please", `Write to ${EMAIL}, please`],
    ["It's john dot smith at example dot com.", `It's ${EMAIL}.`],
    ["jsmith42 at example.com", EMAIL],
    ["jürgen punkt groß ät beispiel punkt de", EMAIL],
    ["ana arroba ejemplo punto es", EMAIL],
    ["We meet at noon. At five, I mean.", "We meet at noon. At five, I mean."],
    ["At 5.30 at the bar", "At 5.30 at the bar"],
  ]);
});

Deno.test("Redaction leaves what is no personal number", () => {
  check([
    ["On 2026-11-22 at 10:30, or 22.11.2026, or 11/22/2026.", ""],
    ["A table for four at seven thirty, or eight.", ""],
    ["It costs $1,250 and takes 45 minutes.", ""],
    ["Order CA0123456789abcdef0123456789abcdef", ""],
    ["one, two, three", ""],
    ["room 1204, floor 12", ""],
  ].map(([text]) => [text, text]));
});

Deno.test("Redaction masks a number that goes on in the next text of the same speaker", async () => {
  const redacted = async (texts: string[]) =>
    (await RedactedTalk.read(texts.map((text) => ({ speaker: "user", text })), { kinds: ALL }, {
      plans: undefined,
    }))
      .texts;
  assert.deepEqual(
    await redacted(["It's four one five", "five five five", "oh one two three. Got it?"]),
    [`It's ${TEL}`, TEL, `${TEL}. Got it?`],
  );
  assert.deepEqual(await redacted(["I have two", "", "three cats"]), ["I have two", "", "three cats"]);
});

Deno.test("Redaction masks the names that it is told, as whole words, and nothing that is not asked for", () => {
  const names = ["Ann", "Ann-Marie O'Neil (Dr.)"];
  assert.equal(
    redactText("Ann-Marie O'Neil (Dr.) is not Anna; ann is.", { kinds: ["name"], names }),
    "[name] is not Anna; [name] is.",
  );
  assert.equal(
    redactText("Ann: a@b.example, 415 555 0123", { kinds: [], names }),
    "Ann: a@b.example, 415 555 0123",
  );
});

/** A quarter of a second is usual. A pattern that looks at each pair of pieces would take far longer than this. */
const NOT_QUADRATIC_MS = 10_000;

Deno.test("Redaction of 200,000 pieces that a pattern could begin at never looks at each pair of them", () => {
  for (const piece of ["a.", "a dot ", "1 ", "one ", "twenty ", "a@", "a at ", "a at a dot "]) {
    const startedMs = threadCpuMs();
    redactText(`${piece.repeat(200_000)} at @`, { kinds: ALL }); // the end has all patterns tried
    const tookMs = threadCpuMs() - startedMs;
    assert.ok(tookMs < NOT_QUADRATIC_MS, `${piece}: ${tookMs} ms`);
  }
});

Deno.test("Redaction of a long talk masks each number whole, wherever its steps begin and end", async () => {
  const plans = await numberPlans();
  const read = async (turns: string[]) => {
    const talk = await RedactedTalk.read(turns.map((text) => ({ speaker: "user", text })), { kinds: ALL }, {
      plans,
    });
    return talk.texts;
  };
  for (let words = 1; words < 40; words += 3) {
    const said = `${
      "well ".repeat(words)
    }call me at 415 555 0123 or write to john dot smith at example dot com, `;
    const times = Math.ceil(6_000 / said.length);
    const wanted = `${"well ".repeat(words)}call me at [telephone number] or write to [e-mail address], `;
    assert.deepEqual(await read([said.repeat(times)]), [wanted.repeat(times)], `${words} words`);
    assert.deepEqual(await read(Array(times).fill(said)), Array(times).fill(wanted), `${words} words a turn`);
  }
});

Deno.test("Redaction of a long talk keeps the event loop for a few steps at most", async () => {
  const plans = await numberPlans();
  const turns = Array.from(
    { length: 1_500 },
    () => ({ speaker: "user", text: "One two three 415 555 0123." }),
  );
  let rounds = 0;
  let isReading = true;
  const serving = (async () => {
    for (; isReading; rounds++) await setImmediate();
  })();
  await RedactedTalk.read(turns, { kinds: ALL }, { plans });
  isReading = false;
  await serving;
  assert.ok(rounds > 10, `other work had its turn ${rounds} times`);
});

/** Four times the talk may take so many times the processor: sixteen would be quadratic. */
const NOT_QUADRATIC_RATIO = 10;
/** Less than this tells nothing. */
const LEAST_TOLD_MS = 100;

Deno.test("Redaction of a talk takes time by its length, whatever is said and in however many turns", async () => {
  const plans = await numberPlans();
  const cpuMs = async (turns: { speaker: string; text: string }[]) => {
    const before = process.cpuUsage();
    await RedactedTalk.read(turns, { kinds: ALL }, { plans });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const pieces = ["1 ", "one ", "+1 ", "A1 ", "DE89 3704 ", "a at a dot ", "call me 415 555 0123 "];
  for (const piece of pieces) {
    const shapes = [
      (length: number) => [{ speaker: "user", text: piece.repeat(length) }],
      (length: number) => Array.from({ length }, () => ({ speaker: "user", text: piece })),
      (length: number) =>
        Array.from({ length }, (_, place) => ({
          speaker: place % 2 === 0 ? "assistant" : "user",
          text: place % 2 === 0 ? "Your number?" : piece,
        })),
    ];
    for (const talk of shapes) {
      // Other tests run in this process: what takes time by the square of its length does so each time.
      let [short, long] = [0, Infinity];
      for (let go = 0; go < 5 && !(long < LEAST_TOLD_MS || long < short * NOT_QUADRATIC_RATIO); go++) {
        [short, long] = [await cpuMs(talk(2_000)), await cpuMs(talk(8_000))];
      }
      assert.ok(
        long < LEAST_TOLD_MS || long < short * NOT_QUADRATIC_RATIO,
        `${piece}: ${short} ms, then ${long} ms`,
      );
    }
  }
});
