import assert from "node:assert/strict";
import { callFaults, countCalls, describeCalls } from "../../../src/lab/call/calls_summary.ts";
import type { CallReport } from "../../../src/lab/twilio/call_report.ts";

/** A call that went well, but for `changes`. */
function call(changes: Partial<CallReport> = {}): CallReport {
  return {
    callSid: `CA${"0".repeat(32)}`,
    from: "+15550100001",
    to: "+15550100000",
    status: "completed",
    outcome: "connected",
    endedBy: "caller",
    problems: [],
    durationMs: 1000,
    sentMs: 1000,
    heardMs: 500,
    receivedMs: 500,
    underruns: 0,
    longestUnderrunMs: 0,
    clears: 0,
    marks: 2,
    streams: [],
    said: [],
    dialled: [],
    ...changes,
  };
}

const refused = call({ outcome: "refused", endedBy: "server", heardMs: 0, said: ["Busy."] });
const silent = call({ outcome: "refused", endedBy: "server", heardMs: 0 });
const cut = call({ endedBy: "server" });

Deno.test("faultsOf() finds fault with a refused call, unless refusals are expected and it heard something", () => {
  assert.deepEqual(callFaults(refused), ['refused: "Busy."']);
  assert.deepEqual(callFaults(refused, true), []);
  assert.deepEqual(callFaults(silent, true), ["refused"]);
});

Deno.test("faultsOf() finds fault with a call that the server ended only where others may be refused", () => {
  assert.deepEqual(callFaults(cut), [], "the conversation may have come to its end");
  assert.deepEqual(callFaults(cut, true), ["cut by the server"]);
});

Deno.test("faultsOf() finds fault with silence and with every problem, expected refusals or not", () => {
  const bad = call({ heardMs: 0, problems: [{ code: 31951, message: "Bad message." }] });
  for (const mayRefuse of [false, true]) {
    assert.deepEqual(callFaults(bad, mayRefuse), ["31951 Bad message.", "the caller heard nothing"]);
  }
});

Deno.test("countCalls() counts how calls went", () => {
  assert.deepEqual(countCalls([call(), call(), cut, refused, silent, call({ outcome: "failed" })]), {
    connected: 3,
    refused: 2,
    failed: 1,
    cut: 1,
  });
});

Deno.test("describeCalls() says how many were refused, and shows them as such", () => {
  const lines = describeCalls([call(), refused], true);
  assert.match(lines[1], /ok$/);
  assert.match(lines[2], /refused$/);
  assert.match(lines[3], /2 ok$/);
  assert.equal(lines[4], "2 good: 1 connected, 1 refused");
});

Deno.test("describeCalls() agrees with itself: what the table calls FAILED, the last line does", () => {
  const broken = call({ outcome: "failed", problems: [{ code: 11205, message: "No answer." }] });
  const lines = describeCalls([call(), cut, call({ heardMs: 0 }), broken]);
  assert.match(lines[3], /FAILED$/);
  assert.match(lines[5], /2 of 4 FAILED$/);
  assert.equal(
    lines.at(-1),
    "2 good, 2 FAILED: 3 connected (1 of them not ended by the caller), 1 not connected",
  );
});

Deno.test("faults name the flag that helps", () => {
  const hints: [number, string, string][] = [
    [11205, "POST http://127.0.0.1:1/voice failed: Connection refused", "--to"],
    [11200, "https://a.test/voice answered 403.", "--token"],
    [11200, "https://a.test/voice answered 404.", "--path"],
    [11200, "https://b.test/x is not under the public URL https://a.test.", "--public"],
    [31902, "wss://b.test/x is not under the public URL https://a.test.", "--public"],
    [31920, "The server refused the upgrade: HTTP/1.1 403 Forbidden", "--token"],
  ];
  for (const [code, message, flag] of hints) {
    const [fault] = callFaults(call({ problems: [{ code, message }] }));
    assert.ok(fault.includes(flag), fault);
  }
});
