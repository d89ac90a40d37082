import assert from "node:assert/strict";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import { BUSINESS, toolServer, visit, withTool } from "../support/doctor_visit.ts";

Deno.test("slimline doctor asks tools, lookups and record webhooks by HEAD alone, each address once", async () => {
  await using tools = toolServer();
  const { code, text } = await visit({
    business: withTool(`${tools.url}/find`, {
      lookup: { url: `${tools.url}/who` },
      records: { webhook: { url: `${tools.url}/find`, signingSecret: "x" } },
    }),
    env: { PRIVATE_HOSTS: tools.host },
  });
  assert.equal(code, 0, text);
  assert.deepEqual(tools.asked.sort(), ["HEAD /find", "HEAD /who"]);
  assert.match(
    text,
    /^ok +Tools +a server answers for the tool find of acme, the record webhook of acme, at http:/m,
  );
  assert.match(text, /^ok +Tools +a server answers for the lookup of acme/m);
});

Deno.test("slimline doctor says that a tool is not reached, may not be, or fails", async () => {
  const gone = "127.0.0.1:9";
  const unreached = await visit({ business: withTool(`http://${gone}`), env: { PRIVATE_HOSTS: gone } });
  assert.equal(unreached.code, 1);
  assert.match(unreached.bad.join(), /Tools +the tool find of acme, at http:\S+, is not reached: .*REFUSED/);
  await using tools = toolServer(() => new Response("", { status: 503 }));
  const unlisted = await visit({ business: withTool(`${tools.url}/secret-path`) });
  assert.equal(unlisted.code, 1);
  assert.match(unlisted.bad.join(), /may not be reached: PRIVATE_HOSTS does not list the host/);
  assert.doesNotMatch(unlisted.text, /secret-path/);
  assert.deepEqual(tools.asked, []);
  const failing = await visit({ business: withTool(tools.url), env: { PRIVATE_HOSTS: tools.host } });
  assert.match(failing.text, /^! +Tools +the tool find of acme, .* answers 503 to HEAD$/m);
});

const MCP = {
  ...BUSINESS,
  tools: { mcp: [{ type: "mcp", server_label: "bookings", server_url: "https://bookings.example.com/mcp" }] },
};

Deno.test("slimline doctor has OpenAI say whether it reaches MCP servers", async () => {
  const agent = (mcpTools: () => "unreachable" | []) => () => ({ ...toneAgent(1)({ number: 1 }), mcpTools });
  const good = await visit({ business: MCP, emulator: { agent: agent(() => []) } });
  assert.equal(good.code, 0, good.text);
  assert.match(good.text, /^ok +Tools +OpenAI has listed the tools of the MCP server bookings of acme$/m);
  const bad = await visit({ business: MCP, emulator: { agent: agent(() => "unreachable") } });
  assert.equal(bad.code, 1);
  assert.match(bad.bad.join(), /Tools +OpenAI could not list the tools of the MCP server bookings of acme/);
});

Deno.test("slimline doctor says that knowledge is switched on and empty, and makes none", async () => {
  const folder = await Deno.makeTempDir();
  const env = { DATA_DIR: `${folder}/data` };
  try {
    const business = { ...BUSINESS, knowledge: {} };
    const empty = await visit({ business, env });
    assert.equal(empty.code, 0);
    assert.match(empty.text, /^! +Knowledge +switched on for acme, and empty/m);
    assert.deepEqual([...Deno.readDirSync(`${folder}/data`)], []);
    const store = await SqliteKnowledgeStore.open(`${folder}/data/knowledge`, "acme");
    const chunk = { id: "1".repeat(32), source: "a", heading: "", text: "We open at nine." };
    await store.put([{ chunk, vector: undefined }], undefined);
    await store[Symbol.asyncDispose]();
    const filled = await visit({ business, env });
    assert.match(filled.text, /^ok +Knowledge +there is some for acme$/m);
    await Deno.writeTextFile(`${folder}/data/knowledge/acme.sqlite`, "no database");
    const broken = await visit({ business, env });
    assert.equal(broken.code, 3);
    assert.match(broken.unknown.join(), /Knowledge +that of acme cannot be read/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
