import assert from "node:assert/strict";
import { readBeginning, readBounded } from "../../src/util/read_body.ts";

/** A body of these pieces; `cancelled` resolves with the reason once nobody wants the rest. */
function bodyOf(pieces: readonly (string | Uint8Array)[], isOpen = false) {
  const cancelled = Promise.withResolvers<unknown>();
  const left = pieces.map((piece) => typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = left.shift();
      if (piece) controller.enqueue(piece);
      else if (!isOpen) controller.close();
    },
    cancel: (reason) => cancelled.resolve(reason),
  }, { highWaterMark: 0 });
  return { body, left, cancelled: cancelled.promise };
}

Deno.test("readBeginning() takes a body that is just as long as it may be, whole", async () => {
  assert.deepEqual(await readBeginning(bodyOf(["ab", "cd"]).body, 4), { text: "abcd", isCut: false });
  assert.deepEqual(await readBeginning(null, 4), { text: "", isCut: false });
});

Deno.test("readBeginning() cuts a longer one off there, and asks for no further piece", async () => {
  const { body, left, cancelled } = bodyOf(["abc", "de", "fg"]);
  assert.deepEqual(await readBeginning(body, 4), { text: "abcd", isCut: true });
  await cancelled;
  assert.equal(left.length, 1);
});

Deno.test("readBeginning() leaves out a character that the cut goes through, and joins one that pieces share", async () => {
  const bytes = new TextEncoder().encode("aé");
  assert.deepEqual(await readBeginning(bodyOf([bytes, "b"]).body, 2), { text: "a", isCut: true });
  const shared = [bytes.subarray(0, 2), bytes.subarray(2)];
  assert.deepEqual(await readBeginning(bodyOf(shared).body, 9), { text: "aé", isCut: false });
});

Deno.test("readBounded() gives nothing of a body that is too long, or comes in crumbs", async () => {
  const crumbs = (count: number) => bodyOf(Array(count).fill("x")).body;
  assert.equal(await readBounded(bodyOf(["abcde"]).body, 4), undefined);
  assert.equal(await readBounded(crumbs(20), 1_000), "x".repeat(20));
  assert.equal(await readBounded(crumbs(20), 1_000, { minPieceBytes: 8 }), undefined);
  assert.equal(await readBounded(crumbs(16), 1_000, { minPieceBytes: 8 }), "x".repeat(16));
});

Deno.test("readBeginning() ends with the signal's reason while it waits, and lets the body go", async () => {
  const { body, cancelled } = bodyOf(["abc"], true);
  const calledOff = new AbortController();
  const reading = readBeginning(body, 10, { signal: calledOff.signal });
  const reason = new Error("too late");
  calledOff.abort(reason);
  await assert.rejects(reading, reason);
  assert.equal(await cancelled, reason);
});

Deno.test("readBeginning() reads nothing of a body that nobody wants any more", async () => {
  const { body, left, cancelled } = bodyOf(["abc"], true);
  const reason = new Error("It is called off.");
  await assert.rejects(readBeginning(body, 4, { signal: AbortSignal.abort(reason) }), reason);
  assert.equal(await cancelled, reason);
  assert.equal(left.length, 1);
});
