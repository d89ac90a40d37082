import assert from "node:assert/strict";
import { readBody } from "../../src/http/request_body.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A request whose body comes in these pieces, and then ends or fails. */
function request(pieces: readonly number[], error?: Error): Request {
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (next < pieces.length) controller.enqueue(new Uint8Array(pieces[next++]).fill(97));
      else if (error) controller.error(error);
      else controller.close();
    },
  }, { highWaterMark: 0 });
  return new Request("http://server.test/", { method: "POST", body });
}

async function answer(...args: Parameters<typeof request>): Promise<string | number> {
  const body = await readBody(request(...args), 40_000, new ManualClock());
  return typeof body === "string" ? `${body.length} bytes` : body.status;
}

Deno.test("readBody() takes a body as networks cut it, and refuses crumbs as soon as they are some", async () => {
  assert.equal(await answer(Array(60).fill(536)), `${60 * 536} bytes`);
  assert.equal(await answer([...Array(16).fill(1), 4_000]), "4016 bytes");
  assert.equal(await answer(Array(17).fill(1)), 413);
  assert.equal(await answer([...Array(30).fill(1), 39_000]), 413);
  assert.equal(await answer([40_001]), 413);
});

Deno.test("readBody() answers 400 for a body whose connection ends before it: whoever sent it is gone", async () => {
  assert.equal(await answer([10], new TypeError("The connection is gone.")), 400);
});
