import assert from "node:assert/strict";
import { readBusiness } from "../../src/businesses/read_business.ts";
import { MAX_DESCRIPTION_BYTES } from "../../src/businesses/source.ts";
import { threadCpuMs } from "../support/thread_cpu.ts";

/**
 * Whoever may write one business may not keep the calls of all others waiting: a server reads the file while
 * they talk. Ten times what the worst takes on an idle machine.
 */
const MOST_MS = 3_000;

/** `make`, up to the size that is read. */
function filled(before: string, make: (index: number) => string, after = "", separator = ""): string {
  const parts: string[] = [];
  let left = MAX_DESCRIPTION_BYTES - before.length - after.length;
  for (let index = 0; left > 0; index++) {
    const part = (index > 0 ? separator : "") + make(index);
    left -= part.length;
    if (left > 0) parts.push(part);
  }
  return before + parts.join("") + after;
}

const START = '{ "name": "A", "instructions": "x", "numbers": ["+15550100100"],';
const BOMBS: Record<string, [file: string, text: string]> = {
  "keys of one map": ["a.yaml", filled("", (index) => `k${index.toString(36)}:\n`)],
  "keys in braces": ["a.yaml", filled("{", (index) => index.toString(36), "}", ",")],
  "anchors, each used": ["a.yaml", filled("a:\n", () => " - &a 1\n - *a\n")],
  "uses of one anchor": ["a.yaml", filled("a: &x 1\nb: [", () => "*x,", "]")],
  "brackets that open nothing": ["a.yaml", filled("", () => "}\n")],
  "lists in lists": ["a.yaml", filled("", () => "- ")],
  "small maps": ["a.yaml", filled("a:\n", () => " - b: 1\n   c: 2\n")],
  comments: ["a.yaml", filled("", () => "#\n", "a: 1")],
  "lines without anything": ["a.yaml", filled("a: b\n", () => "\n")],
  "a text of many lines": ["a.yaml", filled("a: |\n", () => " x\n")],
  "tools without anything": ["a.json", filled(`${START} "tools": { "http": [`, () => "{}", "] } }", ",")],
  "tools with unknown fields": [
    "a.json",
    filled(`${START} "tools": { "http": [`, () => '{"zz":1}', "] } }", ","),
  ],
  "numbers that are none": ["a.json", filled('{ "numbers": [', () => "1", "] }", ",")],
  "unknown fields": ["a.json", filled(START, (index) => `"k${index}": 1`, "}", ",")],
  "lists in lists, with comments": ["a.jsonc", filled("", () => "[")],
};

for (const [what, [file, text]] of Object.entries(BOMBS)) {
  Deno.test(`A business file of ${what} keeps no call waiting, as long as it may be`, async () => {
    const startMs = threadCpuMs();
    const read = await readBusiness(file, text, {
      secrets: () => undefined,
      named: { id: "a", by: "the name" },
    });
    const tookMs = threadCpuMs() - startMs;
    assert.ok("problems" in read);
    assert.ok(JSON.stringify(read.problems).length < 2 ** 20, "what is wrong with it is told within bounds");
    assert.ok(tookMs < MOST_MS, `${tookMs} ms`);
  });
}
