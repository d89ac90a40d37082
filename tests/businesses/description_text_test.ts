import assert from "node:assert/strict";
import { descriptionName, readDescription } from "../../src/businesses/description_text.ts";

/** What is wrong with a description. */
async function problemOf(file: string, text: string): Promise<string> {
  const result = await readDescription(file, text);
  assert.ok("problem" in result, text);
  return result.problem;
}

Deno.test("readDescription() names the first mistake of a JSON file by its place, and as what it is", async () => {
  const cases: [text: string, problem: RegExp][] = [
    ['{\n  "name": "Linden",\n}', /line 2, column 19 has a comma after the last entry/],
    ['{ "numbers": ["+15550100100",] }', /line 1, column 29 has a comma after the last entry/],
    ["{ \u201cname\u201d: 1 }", /line 1, column 3 has a curly quotation mark/],
    ['{ "name": \u201eLinden\u201c }', /line 1, column 11 has a curly quotation mark/],
    ["{ 'name': 1 }", /line 1, column 3 has a single quotation mark/],
    [
      '{\n  // Linden Street\n  "name": "Linden"\n}',
      /line 2, column 3: a comment, which .* \.jsonc or \.yaml/,
    ],
    ['{ "name": "Linden" "language": "en" }', /line 1, column 20: a comma is missing/],
    ['{ "name" "Linden" }', /line 1, column 10: a colon is missing/],
    ['{ "name": "Linden"', /it ends too early: a "}" is missing/],
    ['{ "name": "Linden" } }', /line 1, column 22: there is something after the end/],
    ['{ "name": "Lin\tden" }', /line 1, column 11: .* wants escaped/],
    [" \n", /it is empty/],
    ["[".repeat(100_000), /nested too deep/],
  ];
  for (const [text, problem] of cases) assert.match(await problemOf("acme.json", text), problem, text);
});

Deno.test("readDescription() reads JSON with comments and trailing commas from .jsonc", async () => {
  const text =
    '{\n  // the practice\n  "name": "Linden", /* as in the directory */\n  "numbers": ["+15550100100",],\n}';
  assert.deepEqual(await readDescription("acme.jsonc", text), {
    data: { name: "Linden", numbers: ["+15550100100"] },
  });
  assert.match(
    await problemOf("acme.jsonc", '{ "name": }'),
    /JSON with comments, but line 1, column 11: a value/,
  );
  assert.match(await problemOf("acme.jsonc", ""), /it is empty/);
  assert.match(await problemOf("acme.jsonc", "[".repeat(100_000)), /nested too deep/);
});

Deno.test("readDescription() reads YAML, in which a bare telephone number is a text and a key stays as it is written", async () => {
  const text = `# the practice
name: Linden Street
language: no
numbers: [+15550100100]
hours: { week: { monday: [08:00-12:00, 13:30-17:00] } }
keys:
  0: { action: hang_up }
greeting:
  instructions: >
    Say hello,
    and ask.
limits: { callsAtOnce: 4, costPerCallUsd: 0.5 }
`;
  for (const file of ["acme.yaml", "acme.yml"]) {
    assert.deepEqual(await readDescription(file, text), {
      data: {
        name: "Linden Street",
        language: "no",
        numbers: ["+15550100100"],
        hours: { week: { monday: ["08:00-12:00", "13:30-17:00"] } },
        keys: { "0": { action: "hang_up" } },
        greeting: { instructions: "Say hello, and ask.\n" },
        limits: { callsAtOnce: 4, costPerCallUsd: 0.5 },
      },
    });
  }
});

Deno.test("readDescription() says what is wrong with YAML, and is no victim of aliases that multiply", async () => {
  const cases: [text: string, problem: RegExp][] = [
    ["name: a\nname: b", /line 2, column 1: a field stands there for the second time/],
    ["turns:\n\tdetection: 1", /line 2, column 1: a tab indents/],
    ["name: a\n---\nname: b", /line 2, column 1: a second document/],
    ['name: "a', /line 1, column \d+: .* quotation mark is missing/],
    ["name: *nobody", /aliases/],
    ["[".repeat(10_000), /nested too deep/],
    ["[".repeat(100_000), /of at most 20000 words and signs/],
    ["a:\n  b: 1\n  c: 2\n  b: 3", /line 4, column 3: a field stands there for the second time/],
  ];
  for (const [text, problem] of cases) assert.match(await problemOf("acme.yaml", text), problem, text);
  const letters = [..."abcdefgh"];
  const bomb = letters.map((name, index) =>
    `${name}: &${name} [${Array(9).fill(index === 0 ? "x" : `*${letters[index - 1]}`)}]`
  );
  assert.match(await problemOf("acme.yaml", bomb.join("\n")), /aliases/);
});

Deno.test("readDescription() quotes nothing of a file with a mistake", async () => {
  const texts = [
    '{ "signingSecret": hunter2 }',
    '{ "hunter2": 1, }',
    '{ "a": "hunter2',
    "a: hunter2\na: 'hunter2'",
    "a: [hunter2",
  ];
  for (const file of ["a.json", "a.jsonc", "a.yaml"]) {
    for (const text of texts) {
      const result = await readDescription(file, text);
      if ("problem" in result) assert.doesNotMatch(result.problem, /hunter2/);
    }
  }
});

Deno.test("descriptionName() takes the endings of business files off", () => {
  const names = ["acme.json", "acme.jsonc", "acme.yaml", "acme.yml", "acme.json.bak", "acme.md", "acme"];
  assert.deepEqual(names.map(descriptionName), [
    "acme",
    "acme",
    "acme",
    "acme",
    undefined,
    undefined,
    undefined,
  ]);
});
