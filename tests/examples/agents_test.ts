import assert from "node:assert/strict";
import { parseAgentScript } from "../../src/lab/openai/agents/agent_script.ts";

interface ExampleBusiness {
  transfers?: { name: string }[];
  tools?: {
    builtIn?: string[];
    http?: { name: string }[];
    mcp?: { server_label: string; allowed_tools: string[] }[];
  };
}

const names = [...Deno.readDirSync("examples/agents")].map(({ name }) => name.replace(/\.json$/, ""));

Deno.test("each example business has a scripted model", () => {
  const businesses = [...Deno.readDirSync("businesses")].flatMap(({ name }) =>
    name.endsWith(".example.json") ? [name.replace(/\.example\.json$/, "")] : []
  );
  assert.deepEqual(names.sort(), businesses.sort());
});

for (const name of names) {
  Deno.test(`the scripted model of ${name} calls what its business has`, async () => {
    const { replies } = parseAgentScript(await Deno.readTextFile(`examples/agents/${name}.json`));
    const business: ExampleBusiness = JSON.parse(await Deno.readTextFile(`businesses/${name}.example.json`));
    const { builtIn = ["end_call", "take_message"], http = [], mcp = [] } = business.tools ?? {};
    const functions = [
      ...builtIn,
      ...http.map((tool) => tool.name),
      ...business.transfers ? ["transfer_call"] : [],
    ];
    const targets = business.transfers?.map((target) => target.name) ?? [];
    const calls = replies.flatMap(({ call }) => call ?? []);
    assert.ok(calls.length > 0);
    for (const call of calls) {
      assert.ok(functions.includes(call.name), call.name);
      const { target } = call.arguments;
      if (call.name === "transfer_call") assert.ok(targets.includes(String(target)), String(target));
    }
    for (const call of replies.flatMap((reply) => reply.mcp ?? [])) {
      const server = mcp.find(({ server_label }) => server_label === call.server);
      assert.ok(server?.allowed_tools.includes(call.name), call.name);
    }
  });
}
