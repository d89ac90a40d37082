import type { Random } from "./random.ts";

/** Inputs are no longer than this, which every reader must be through with in a second. */
export const MAX_INPUT = 100_000;
/** Most changes of one input. */
const MAX_CHANGES = 6;

/** What readers stumble over. */
const TOKENS = [
  ..."\"'\\/{}[]()<>&;:,.%=+-#*_`~!|^$@? \t\r\n\0\x1b\x7f\u00ad\u2028\u202e\ufeff\ud800\udfff",
  "\r\n\r\n",
  "null",
  "true",
  "-0",
  "1e999",
  "9".repeat(40),
  "-1",
  "NaN",
  "__proto__",
  "constructor",
  "toString",
  "\\u0000",
  "\\ud800",
  "%00",
  "%FF",
  "&#x110000;",
  "]]>",
  "<!--",
  "![",
  "](",
  "```",
  "---",
  "\n# ",
  "<td>",
  "<h1>",
  "😀",
];
/** What readers descend into. */
const PAIRS = [["[", "]"], ['{"a":', "}"], ["(", ")"], ["<b>", "</b>"], ["<td>", "</td>"], [
  "**",
  "**",
]] as const;
const BYTES = [0, 1, 0x7f, 0x80, 0xfe, 0xff, 0x0a, 0x20];
const WORDS = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff];
const VALUES = [null, true, 0, -1, 1.5, 1e308, "", "x", "\0", [], {}, [[]], { "": null }, "9".repeat(30)];

/** A text of the corpus with a few changes; one in four has a piece that repeats, or is nested, as often as there is room. */
export function mutatedText(random: Random, corpus: readonly string[]): string {
  let text = random.pick(corpus);
  for (let left = 1 + random.int(MAX_CHANGES); left > 0; left--) text = changedText(random, text, corpus);
  if (random.oneIn(4)) text = random.oneIn(3) ? nested(random, text) : withRepetition(random, text);
  return text.slice(0, MAX_INPUT);
}

function changedText(random: Random, text: string, corpus: readonly string[]): string {
  const at = random.int(text.length + 1);
  const to = Math.min(text.length, at + random.int(1 + Math.min(64, text.length)));
  switch (random.int(7)) {
    case 0:
      return text.slice(0, at) + text.slice(to);
    case 1:
      return text.slice(0, at) + random.pick(TOKENS) + text.slice(at);
    case 2:
      return text.slice(0, at) + random.pick(TOKENS) + text.slice(to);
    case 3:
      return text.slice(0, at) + String.fromCharCode(random.int(random.oneIn(2) ? 128 : 65_536)) +
        text.slice(at + 1);
    case 4:
      return text.slice(0, to) + text.slice(at);
    case 5: {
      const other = random.pick(corpus);
      return text.slice(0, at) + other.slice(random.int(other.length + 1));
    }
    default:
      return random.oneIn(4) ? text.slice(0, at) : text;
  }
}

function withRepetition(random: Random, text: string): string {
  const at = random.int(text.length + 1);
  const piece = random.oneIn(2)
    ? random.pick(TOKENS)
    : random.oneIn(2)
    ? random.pick(TOKENS) + random.pick(TOKENS)
    : text.slice(at, at + 1 + random.int(40)) || " ";
  const times = Math.floor((random.oneIn(2) ? MAX_INPUT : 2_000) / piece.length);
  return text.slice(0, at) + piece.repeat(times) + (random.oneIn(2) ? text.slice(at) : "");
}

function nested(random: Random, text: string): string {
  const [open, close] = random.pick(PAIRS);
  const room = random.oneIn(2) ? MAX_INPUT - text.length : 4_000;
  const times = Math.max(0, Math.floor(room / (open.length + close.length)));
  return open.repeat(times) + (random.oneIn(2) ? text : "1") + close.repeat(times);
}

/** Bytes of the corpus with a few changes. */
export function mutatedBytes(random: Random, corpus: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(random.pick(corpus));
  for (let left = 1 + random.int(MAX_CHANGES); left > 0; left--) bytes = changedBytes(random, bytes);
  return bytes.slice(0, MAX_INPUT);
}

function changedBytes(random: Random, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = random.int(bytes.length + 1);
  const to = Math.min(bytes.length, at + random.int(1 + Math.min(64, bytes.length)));
  switch (random.int(6)) {
    case 0:
      return joined(bytes.subarray(0, at), bytes.subarray(to));
    case 1:
      return joined(bytes.subarray(0, to), bytes.subarray(at));
    case 2:
      return joined(bytes.subarray(0, at), new TextEncoder().encode(random.pick(TOKENS)), bytes.subarray(at));
    case 3:
      if (at + 4 <= bytes.length) {
        new DataView(bytes.buffer).setUint32(at, random.pick(WORDS), random.oneIn(2));
      }
      return bytes;
    case 4:
      return random.oneIn(4) ? bytes.slice(0, at) : bytes;
    default:
      if (at < bytes.length) bytes[at] = random.oneIn(2) ? random.pick(BYTES) : random.int(256);
      return bytes;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** JSON of the corpus: with a field dropped, replaced, nested, repeated or renamed; or changed as text. */
export function mutatedJson(random: Random, corpus: readonly unknown[]): string {
  const texts = corpus.map((value) => JSON.stringify(value));
  if (random.oneIn(3)) return mutatedText(random, texts);
  let value: unknown = JSON.parse(random.pick(texts));
  for (let left = 1 + random.int(MAX_CHANGES); left > 0; left--) value = changedValue(random, value);
  return JSON.stringify(value).slice(0, MAX_INPUT);
}

function changedValue(random: Random, value: unknown): unknown {
  const isNested = typeof value === "object" && value !== null;
  const keys = isNested ? Object.keys(value) : [];
  if (keys.length === 0 || random.oneIn(8)) return replaced(random, value);
  const key = random.pick(keys);
  const object = value as Record<string, unknown>;
  switch (random.int(6)) {
    case 0:
      if (!Array.isArray(value)) delete object[key];
      else value.splice(Number(key), 1);
      break;
    case 1:
      if (!Array.isArray(value)) {
        object[random.oneIn(2) ? random.pick(TOKENS) : random.pick(keys)] = object[key];
      } else for (let left = random.int(200); left > 0; left--) value.push(value[Number(key)]);
      break;
    default:
      object[key] = changedValue(random, object[key]);
  }
  return value;
}

function replaced(random: Random, value: unknown): unknown {
  switch (random.int(5)) {
    case 0:
      return [value];
    case 1:
      return { value };
    case 2:
      return typeof value === "string"
        ? changedText(random, value, [value])
        : structuredClone(random.pick(VALUES));
    case 3:
      return typeof value === "string" && random.oneIn(8)
        ? random.pick(TOKENS).repeat(1 + random.int(5_000))
        : typeof value === "number"
        ? value * random.pick([-1, 0, 1e6, 1e-6, 1e300])
        : value;
    default:
      return structuredClone(random.pick(VALUES));
  }
}
