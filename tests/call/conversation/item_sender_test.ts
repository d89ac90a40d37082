import assert from "node:assert/strict";
import { ItemSender } from "../../../src/call/conversation/item_sender.ts";
import { type ClientEvent, textItem } from "../../../src/model/events.ts";
import { SessionRig } from "../../support/session_rig.ts";

function rig() {
  const announced: string[] = [];
  const items = new ItemSender({ itemSent: (id) => void announced.push(id) });
  const { session, socket } = SessionRig.ready();
  const sent = () => socket.sent.map((text) => JSON.parse(text) as ClientEvent);
  return { items, announced, session, sent };
}

function message(id: string, text: string): object {
  return {
    type: "conversation.item.create",
    item: { id, type: "message", role: "user", content: [{ type: "input_text", text }] },
  };
}

Deno.test("ItemSender gives each item an id of its own and announces it", () => {
  const { items, announced, session, sent } = rig();
  items.attach(session);
  items.sendText("one");
  items.send(textItem("user", "two"));
  assert.deepEqual(sent(), [message("told_1", "one"), message("told_2", "two")]);
  assert.deepEqual(announced, ["told_1", "told_2"]);
});

Deno.test("ItemSender keeps texts that may wait for a session, at most 16 of them, and drops what may not", () => {
  const { items, session, sent } = rig();
  assert.equal(items.isConnected, false);
  items.sendText("lost");
  for (let number = 1; number <= 17; number++) items.sendTextSoon(`${number}`);
  items.attach(session);
  items.sendTextSoon("last");
  const texts = sent().map((event) => JSON.stringify(event).match(/"text":"(\w+)"/)?.[1]);
  assert.deepEqual(texts, [...Array.from({ length: 16 }, (_, index) => `${index + 2}`), "last"]);
});

Deno.test("ItemSender sends nothing to a session that is gone, and tells a next one nothing twice", () => {
  const { items, session, sent } = rig();
  items.sendTextSoon("once");
  items.attach(session);
  items.detach();
  items.sendText("lost");
  items.attach(session);
  assert.deepEqual(sent().length, 1);
});
