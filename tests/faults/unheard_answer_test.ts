import assert from "node:assert/strict";
import { ANSWER, GREETING, say, sessions, Talk } from "../support/talk.ts";

/** A response in which nothing is said and nothing is called. */
const NOTHING = {};

Deno.test("An answer that gives the caller nothing to hear is asked for again, and the caller hears one", async () => {
  await using talk = await Talk.startSpoken({
    emulator: { agent: sessions([say(GREETING), NOTHING, say(ANSWER)]) },
  });
  await talk.hears(ANSWER);
  const unheard = talk.rig.log.events.filter(({ event }) => event === "answer_unheard");
  assert.deepEqual(unheard.map(({ attributes }) => attributes.times), [1]);
  await talk.hangUp();
});

Deno.test("A model whose answers nobody can hear is asked in another session, and given up for the fallback", async () => {
  await using talk = await Talk.startSpoken({
    emulator: { agent: sessions([say(GREETING), ...Array(10).fill(NOTHING)], Array(10).fill(NOTHING)) },
  });
  await talk.until("the fallback is said", () => talk.caller.isOver, 15_000);
  assert.deepEqual(talk.rig.summaries.map(({ reason }) => reason), ["agent_lost"]);
  assert.ok(talk.rig.emulator.stats().sessionsOpened >= 2);
});
