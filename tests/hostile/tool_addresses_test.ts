import assert from "node:assert/strict";
import { readBusiness } from "../../src/businesses/read_business.ts";
import type { ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import { ANSWER, GREETING, outputs, say, sessions, Talk, tools } from "../support/talk.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";

/** Something that only this machine should reach: it counts who connects, and answers as a metadata service would. */
function innerService() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const done = (async () => {
    for await (const connection of listener) {
      connections++;
      const body = '{"secret":"of the machine"}';
      await connection.write(
        new TextEncoder().encode(
          `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
        ),
      ).catch(() => {});
      connection.close();
    }
  })();
  return {
    port: listener.addr.port,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
    },
  };
}

/** This machine, and what a cloud's machine would find beside it, as a business file may write them. */
const hostsWithin = (port: number) => [
  `http://127.0.0.1:${port}/`,
  `http://2130706433:${port}/`,
  `http://0x7f.1:${port}/`,
  `http://[::ffff:127.0.0.1]:${port}/`,
  `https://localhost:${port}/`,
  `https://127.0.0.1:${port}/`,
  "https://169.254.169.254/latest/meta-data",
  "http://[fd00:ec2::254]/latest/meta-data",
];

Deno.test("a tool reaches nothing within, however its URL is written, and the call goes on", async () => {
  await using inner = innerService();
  await using endpoint = new ToolEndpoint(() => "unused");
  const http = hostsWithin(inner.port).map((url, index) => endpoint.tool(`tool_${index}`, { url }));
  const all: ScriptedReply = {
    call: http.map(({ name }) => ({ name, arguments: {}, callId: `call_${name}` })),
  };
  await using talk = await Talk.startSpoken({
    business: tools({ http }),
    env: { PRIVATE_HOSTS: "" },
    emulator: { agent: sessions([say(GREETING), all, say(ANSWER)]) },
  });
  await talk.hears(ANSWER);
  assert.equal(inner.connections, 0);
  const told = outputs(await talk.session(1));
  assert.equal(told.length, http.length);
  for (const { output } of told) {
    assert.match(output, /could not be reached/);
    assert.doesNotMatch(output, /127|169|secret|PRIVATE_HOSTS/, "the model learns nothing of what is within");
  }
  await talk.hangUp();
});

Deno.test("a business file whose URL is plain http to another machine, or names a metadata service, is refused when read", async () => {
  const read = async (tool: string, webhook: string, mcp: string) => {
    const file = {
      name: "Acme",
      numbers: ["+15550100000"],
      instructions: "Help.",
      tools: {
        http: [{ name: "t", description: "d", url: tool }],
        mcp: [{ type: "mcp", server_label: "m", server_url: mcp }],
      },
      records: { webhook: { url: webhook } },
    };
    const context = { secrets: () => undefined, named: { id: "acme", by: "the test" } };
    const result = await readBusiness("acme.json", JSON.stringify(file), context);
    return "problems" in result ? result.problems.map(({ path }) => path).sort() : [];
  };
  const good = "https://api.example.com/";
  assert.deepEqual(await read(good, good, good), []);
  const bad = [
    "http://api.example.com/",
    "https://169.254.169.254/",
    "https://2852039166/",
    "https://[::ffff:a9fe:a9fe]/",
  ];
  for (const url of bad) {
    assert.deepEqual(await read(url, url, url), [
      "records.webhook.url",
      "tools.http[0].url",
      "tools.mcp[0].server_url",
    ], url);
  }
  assert.deepEqual(await read(good, good, "https://10.0.0.1/"), ["tools.mcp[0].server_url"]);
});
