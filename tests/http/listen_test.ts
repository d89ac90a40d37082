import assert from "node:assert/strict";
import { listen } from "../../src/http/listen.ts";

// What goes wrong in the runtime comes as an uncaught error, which fails the test that it happens in.
Deno.test("A listener that stops waits for an answer, for two seconds at most, and takes no more connections", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const listener = listen(
    () => {
      asked.resolve();
      return answer.promise;
    },
    "127.0.0.1",
    0,
  );
  const answered = fetch(`http://127.0.0.1:${listener.port}/`);
  await asked.promise;
  const startMs = performance.now();
  await listener.stop();
  assert.ok(performance.now() - startMs >= 1_990);
  await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port: listener.port }));
  answer.resolve(new Response("late"));
  assert.equal(await (await answered).text(), "late");
});
