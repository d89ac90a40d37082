import assert from "node:assert/strict";
import { scriptedAgent, type ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import { eventually } from "../support/eventually.ts";
import { EXAMPLE_ADMIN_TOKEN, ExampleProcess } from "./example_process.ts";

const GREETS: ScriptedReply = { say: { toneMs: 300, transcript: "Hello." } };
const ANSWERS: ScriptedReply = { say: { toneMs: 300, transcript: "It has been shipped." } };

Deno.test("examples/tool_in_code.ts: the model calls the tool, and answers by what it returns", async () => {
  const call = { name: "look_up_order", arguments: { orderNumber: "1001" } };
  await using example = await ExampleProcess.start(
    "tool_in_code.ts",
    scriptedAgent([GREETS, { call }, ANSWERS]),
  );
  await example.call(550);
  await example.printed(/(acme-tea: \+15550100001 asks for order 1001)/);
});

Deno.test("examples/in_another_application.ts answers its own pages, and the telephone", async () => {
  await using example = await ExampleProcess.start(
    "in_another_application.ts",
    scriptedAgent([GREETS, ANSWERS]),
  );
  const page = async (path: string) => await (await fetch(example.address + path)).text();
  assert.equal(await page("/"), "Open from 9 to 18.\n");
  assert.equal(await page("/elsewhere"), "Not here.\n");
  assert.deepEqual(JSON.parse(await page("/healthz")), { status: "ok" });
  await example.call(550);
  await eventually("the call is told", async () => (await page("/last-calls")) !== "[]");
  const [{ business, reason }] = JSON.parse(await page("/last-calls"));
  assert.deepEqual({ business, reason }, { business: "corner-shop", reason: "caller_hung_up" });
});

Deno.test("examples/own_record_store.ts keeps the record of a call in a file", async () => {
  await using example = await ExampleProcess.start("own_record_store.ts", scriptedAgent([GREETS, ANSWERS]));
  const { callSid } = await example.call(550);
  const path = `${example.dataDir}/calls/${callSid}.json`;
  await eventually("the record is there", async () => await Deno.stat(path).then(() => true, () => false));
  const record = JSON.parse(await Deno.readTextFile(path));
  assert.deepEqual([record.callSid, record.reason], [callSid, "caller_hung_up"]);
  const answer = await fetch(`${example.address}/records?call=${callSid}`, {
    headers: { authorization: `Bearer ${EXAMPLE_ADMIN_TOKEN}` },
  });
  assert.equal((await answer.json()).callSid, callSid);
});
