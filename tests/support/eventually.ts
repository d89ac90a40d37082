import assert from "node:assert/strict";

/**
 * Resolves when `condition` holds, looking again every few milliseconds. Fails the test, naming `what`, when it does not
 * within `timeoutMs`.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 5_000,
) {
  const deadline = performance.now() + timeoutMs;
  while (!await condition()) {
    assert.ok(performance.now() < deadline, `${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
