import assert from "node:assert/strict";
import { ResponseRetry } from "../../../src/call/conversation/response_retry.ts";
import type { ResponseRequest } from "../../../src/call/conversation/response_sequencer.ts";
import { fromApi } from "../../../src/model/realtime_error.ts";
import { ManualClock } from "../../support/manual_clock.ts";

const SERVER_ERROR = fromApi({ type: "server_error", code: "server_error" });
const RATE_LIMIT = fromApi({ code: "rate_limit_exceeded" });

/** Writes down what the retries do. */
function rig() {
  const clock = new ManualClock();
  const done: string[] = [];
  const sequencer = {
    hold: () => done.push("hold"),
    release: () => done.push("release"),
    request: ({ purpose }: ResponseRequest) => void done.push(purpose),
  };
  const tell = (what: string) => ({ code }: { code: string }) => void done.push(`${what}: ${code}`);
  const retry = new ResponseRetry(sequencer, clock, tell("replace"), tell("unavailable"));
  return { clock, done, retry };
}

Deno.test("ResponseRetry asks again after a server error, at once and for the same, then in another session", () => {
  const { done, retry } = rig();
  for (let i = 0; i < 3; i++) retry.failed(SERVER_ERROR, { purpose: "goodbye" });
  const inAnother = ["hold", "goodbye", "replace: server_error", "release"];
  assert.deepEqual(done, ["goodbye", ...inAnother, "unavailable: server_error"]);
});

Deno.test("ResponseRetry counts anew once a response did not fail", () => {
  const { done, retry } = rig();
  retry.failed(SERVER_ERROR, undefined);
  retry.succeeded();
  retry.failed(SERVER_ERROR, undefined);
  assert.deepEqual(done, ["retry", "retry"]);
});

Deno.test("ResponseRetry waits ever longer where the rate is limited, and gives up after 15 s", () => {
  const { clock, done, retry } = rig();
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000]) {
    retry.failed(RATE_LIMIT, undefined);
    clock.advance(pauseMs - 1);
    assert.deepEqual(done, ["hold", "retry"]);
    clock.advance(1);
    assert.deepEqual(done.splice(0), ["hold", "retry", "release"]);
  }
  retry.failed(RATE_LIMIT, undefined);
  assert.deepEqual(done, ["unavailable: rate_limit_exceeded"]);
});

Deno.test("ResponseRetry counts what meets the limit while it waits as no further failure", () => {
  const { clock, done, retry } = rig();
  for (let i = 0; i < 9; i++) retry.failed(RATE_LIMIT, undefined);
  clock.advance(1_000);
  assert.deepEqual(done, ["hold", ...Array(9).fill("retry"), "release"]);
});

Deno.test("ResponseRetry gives up at once what would fail again, and leaves no timer behind", () => {
  const { clock, done, retry } = rig();
  retry.failed(fromApi({ code: "insufficient_quota" }), undefined);
  assert.deepEqual(done, ["unavailable: insufficient_quota"]);
  const held = rig();
  held.retry.failed(RATE_LIMIT, undefined);
  held.retry[Symbol.dispose]();
  assert.deepEqual([clock.pending, held.clock.pending], [0, 0]);
});
