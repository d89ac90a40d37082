import assert from "node:assert/strict";
import { businessOf, readFile } from "./business_files.ts";

const tool = (extra: Record<string, unknown>) => ({
  tools: { http: [{ name: "t", description: "x", url: "https://x.example", ...extra }] },
});

Deno.test("Several secrets of one text are filled in, and other text stays as it is", async () => {
  const business = await businessOf(tool({ headers: { a: "x ${BUSINESS_A}/${BUSINESS_B} $1 {c}" } }), {
    BUSINESS_A: "$&",
    BUSINESS_B: "2",
  });
  assert.deepEqual(business.tools.http[0].headers, { a: "x $&/2 $1 {c}" });
});

Deno.test("A secret that is not set is a problem of its file, with the variable's name", async () => {
  assert.deepEqual(
    await readFile(tool({ signingSecret: "${BUSINESS_A}", headers: { "x-b": "${BUSINESS_B}" } })),
    [
      "acme.json: tools.http[0].headers.x-b needs the variable BUSINESS_B, which is not set",
      "acme.json: tools.http[0].signingSecret needs the variable BUSINESS_A, which is not set",
    ],
  );
  const mcp = [{ type: "mcp", server_label: "crm", tunnel_id: "t", headers: { k: ["${BUSINESS_C}"] } }];
  assert.deepEqual(await readFile({ tools: { mcp } }, { BUSINESS_C: "" }), [
    "acme.json: tools.mcp[0].headers.k[0] needs the variable BUSINESS_C, which is not set",
  ]);
});

Deno.test("A business file cannot have the program's own keys", async () => {
  const env = { OPENAI_API_KEY: "sk-own", BUSINESS_A: "a" };
  for (const reference of ["${OPENAI_API_KEY}", "${}", "${BUSINESS_a}", "${ BUSINESS_A }", "${BUSINESS_A"]) {
    assert.deepEqual(await readFile(tool({ headers: { k: reference } }), env), [
      "acme.json: tools.http[0].headers.k must name a secret as ${BUSINESS_NAME}, in capitals, digits and _",
    ], reference);
  }
});

Deno.test("What is wrong with a secret's value is said without the value", async () => {
  const result = await readFile(tool({ headers: { k: "${BUSINESS_A}" } }), { BUSINESS_A: "hunter2\nx: y" });
  assert.deepEqual(result, [
    "acme.json: tools.http[0].headers.k must be one line of plain ASCII, also with its secrets filled in",
  ]);
});

Deno.test("No problem repeats a value, wherever in the file it stands", async () => {
  const result = await readFile({
    name: ["hunter2"],
    numbers: ["hunter2"],
    voice: "hunter2 ",
    instructions: { file: "../hunter2" },
    greeting: "hunter2",
    turns: { detection: "hunter2" },
    transcription: { language: "hunter2" },
    tools: { http: [{ headers: "hunter2", url: "https://hunter2@x" }], mcp: ["hunter2"] },
    keys: { "0": { action: "hunter2" } },
    time: "hunter2",
  });
  assert.ok(Array.isArray(result) && result.length >= 10);
  for (const line of result) assert.doesNotMatch(line, /hunter2/);
});
