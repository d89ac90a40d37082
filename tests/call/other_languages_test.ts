import assert from "node:assert/strict";
import { created, done, functionCall, itemDone, spoken, WrittenCall } from "../support/written_call.ts";

/*
 * Callers who speak another language than the business's, and whom the model follows. Events are written by hand; a byte
 * names an answer.
 */

const ANSWER = 20;

/** A call to a business of English speakers. */
// https://github.com/microsoft/call-center-ai/issues/401
Deno.test("A caller who listens in another language than the business's does not end the answer", async () => {
  for (const words of ["Sí, claro.", "Haan ji.", "はい、はい。", "Ja, genau."]) {
    const call = await WrittenCall.spokenTo("¿Habla español?", { language: "en" });
    call.now.answer({ byte: ANSWER, ms: 8_000, words: "Claro que sí." });
    await call.run(2_000);
    await call.utters("item_u2", words, 700);
    await call.run(8_000);
    assert.deepEqual([...new Set(call.answers)], [ANSWER], words);
    const heardMs = call.heard.slice(1).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    assert.ok(Math.abs(heardMs - 8_000) < 200, `${words}: ${heardMs} ms`);
    await call.record();
  }
});

Deno.test("A caller who asks for a moment in another language than the business's is given it", async () => {
  for (const words of ["Un momento, por favor.", "Einen Augenblick bitte.", "Attendez un instant."]) {
    const call = await WrittenCall.spokenTo(words);
    call.now.answer({ byte: ANSWER, words: "Of course." });
    await call.run(40_000);
    assert.ok(!call.isOver, words);
    assert.deepEqual(call.answers, [ANSWER], words);
    await call.record();
  }
});

Deno.test("A goodbye in another language than the business's is one: it is heard, and nobody is asked whether they are there", async () => {
  const call = await WrittenCall.spokenTo("Eso es todo, gracias.", { language: "en" });
  call.now.tell(
    created("resp_a"),
    ...spoken("resp_a", "item_a", ANSWER, 3_000, "Gracias por llamar. ¡Hasta luego!"),
    itemDone("resp_a", functionCall("end_call"), 1),
    done("resp_a"),
  );
  await call.run(1_000);
  await call.utters("item_u2", "Igualmente, adiós.", 700);
  await call.run(5_000, () => call.isOver);
  assert.equal(call.ended[0].reason, "agent_hung_up");
  assert.deepEqual([...new Set(call.answers)], [ANSWER]);

  const open = await WrittenCall.spokenTo("Eso es todo, gracias.", { language: "en" });
  open.now.answer({ byte: ANSWER, words: "Gracias por llamar. ¡Hasta luego!" });
  await open.run(20_000, () => open.isOver);
  assert.equal(open.ended[0].reason, "agent_hung_up");
  assert.deepEqual(open.answers, [ANSWER]);
});
