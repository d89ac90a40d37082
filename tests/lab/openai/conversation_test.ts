import assert from "node:assert/strict";
import { scriptedAgent } from "../../../src/lab/openai/agents/scripted_agent.ts";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { Client, type Json } from "./client.ts";

const say = (role: string, text: string, fields: Json = {}) => ({
  type: "message",
  role,
  content: [{ type: role === "assistant" ? "output_text" : "input_text", text }],
  ...fields,
});

Deno.test("conversation.item.create adds texts where it is told to", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = await Client.open(emulator);
  const create = async (item: Json, previous_item_id?: string) => {
    client.send({ type: "conversation.item.create", item, previous_item_id });
    const added = await client.next("conversation.item.added");
    const done = await client.next("conversation.item.done");
    assert.equal(done.previous_item_id, added.previous_item_id);
    return added;
  };
  const first = await create(say("system", "closed now", { id: "sys" }));
  assert.equal(first.previous_item_id, null);
  assert.equal(first.item.object, "realtime.item");
  assert.equal((await create(say("user", "key 3", { id: "u" }))).previous_item_id, "sys");
  assert.equal((await create(say("assistant", "earlier", { id: "a" }), "root")).previous_item_id, null);
  assert.equal((await create(say("user", "between", { id: "b" }), "a")).previous_item_id, "a");
  assert.deepEqual(emulator.sessions[0].conversation.items.map(({ id }) => id), ["a", "b", "sys", "u"]);

  client.send({ type: "conversation.item.retrieve", item_id: "u" });
  assert.equal((await client.next("conversation.item.retrieved")).item.content[0].text, "key 3");
  client.send({ type: "conversation.item.delete", item_id: "u" });
  assert.equal((await client.next("conversation.item.deleted")).item_id, "u");
  client.send({ type: "conversation.item.retrieve", item_id: "u" });
  assert.equal((await client.next("error")).error.code, "item_retrieve_invalid_item_id");
});

Deno.test("conversation.item.create refuses what the API refuses", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = await Client.open(emulator);
  client.send({ type: "conversation.item.create", item: say("user", "hello", { id: "u" }) });
  const refused: [Json, string][] = [
    [{ item: say("user", "twice", { id: "u" }) }, "item.id"],
    [{ item: say("user", "lost"), previous_item_id: "nowhere" }, "previous_item_id"],
    [{ item: { type: "function_call_output", call_id: "call_x", output: "{}" } }, "item.call_id"],
    [
      {
        item: { type: "message", role: "assistant", content: [{ type: "output_audio", audio: "AAAA" }] },
      },
      "item.content[0].type",
    ],
    [
      { item: { type: "message", role: "assistant", content: [{ type: "text", text: "old name" }] } },
      "item.content[0].type",
    ],
    [{ item: { type: "message", role: "user" } }, "item.content"],
    [{}, "item"],
  ];
  for (const [fields, param] of refused) {
    client.send({ type: "conversation.item.create", event_id: param, ...fields });
    const { error } = await client.next("error");
    assert.deepEqual([error.param, error.event_id], [param, param]);
  }
  assert.equal(emulator.sessions[0].conversation.items.length, 1);
});

Deno.test("conversation.item.truncate cuts audio that exists, and no more", async () => {
  await using emulator = new EmulatedRealtimeApi({
    speed: Infinity,
    agent: scriptedAgent([{ say: { toneMs: 1500, transcript: "hello there" } }]),
  });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  const { response } = await client.next("response.done");
  const itemId = response.output[0].id;
  const truncate = (audio_end_ms: number, item_id = itemId, content_index = 0) =>
    client.send({ type: "conversation.item.truncate", item_id, content_index, audio_end_ms });
  truncate(1501);
  const { error } = await client.next("error");
  assert.equal(error.message, "Audio content of 1500ms is already shorter than 1501ms");
  truncate(1500);
  await client.next("conversation.item.truncated");
  truncate(700);
  const truncated = await client.next("conversation.item.truncated");
  assert.deepEqual([truncated.item_id, truncated.content_index, truncated.audio_end_ms], [itemId, 0, 700]);
  truncate(701);
  assert.equal(
    (await client.next("error")).error.message,
    "Audio content of 700ms is already shorter than 701ms",
  );
  client.send({ type: "conversation.item.retrieve", item_id: itemId });
  const { item } = await client.next("conversation.item.retrieved");
  assert.deepEqual(item.content, [{ type: "output_audio", transcript: "" }]);

  client.send({ type: "conversation.item.create", item: say("user", "hello", { id: "u" }) });
  for (
    const [index, id, ms] of [[0, "u", 0], [0, "none", 0], [1, itemId, 0], [0, itemId, -1], [0, itemId, 0.5]]
  ) {
    truncate(ms as number, id as string, index as number);
    await client.next("error");
  }
  const { record } = emulator.sessions[0];
  assert.deepEqual(record.truncations.map(({ audioEndMs }) => audioEndMs), [1500, 700]);
  assert.equal(record.eventsOf("conversation.item.truncate").length, 9);
  assert.equal(record.audio.get(itemId)!.sentMs, 1500);
});
