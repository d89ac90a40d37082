import assert from "node:assert/strict";
import { textLine } from "../../src/observability/text_line.ts";

const TIME = new Date("2026-11-30T09:01:02.991Z");
const PLAIN = { hasColours: false, columns: undefined };

Deno.test("textLine() tells the end of a call in one line that can be read", () => {
  const attributes = {
    call: "CA1",
    business: "dentist",
    reason: "caller_hung_up",
    streams: 1,
    uplinkMs: 71_940,
    uplinkDroppedMs: 0,
    uplinkMissingMs: 0,
    downlinkMs: 4748,
    downlinkDroppedMs: 0,
    durationMs: 72_047,
    usage: { responses: 3, tokens: { textIn: 470 } },
    costUsd: 0.012168199999999999,
    latency: { turns: 2, received: { p50Ms: 1, maxMs: 2 }, played: { p50Ms: 610, maxMs: 840 } },
  };
  assert.equal(
    textLine(TIME, "info", "call_ended", attributes, PLAIN),
    "09:01:02.991 info    call_ended call=CA1 business=dentist caller_hung_up after 1 min 12 s, " +
      "2 turns answered within 610 ms (p50), 840 ms (most), USD 0.0122",
  );
  const lossy = {
    ...attributes,
    durationMs: 7940,
    streams: 2,
    uplinkDroppedMs: 20,
    notUnderstood: { error: 3 },
  };
  assert.match(
    textLine(TIME, "info", "call_ended", { ...lossy, latency: undefined, costUsd: undefined }, PLAIN),
    /caller_hung_up after 7\.9 s, 2 streams, uplinkDroppedMs=20, notUnderstood=\{"error":3\}$/,
  );
});

Deno.test("textLine() tells a length in seconds, and from a minute on in minutes, none of sixty seconds", () => {
  const cases = [[59_940, "59.9 s"], [59_960, "1 min 0 s"], [119_400, "1 min 59 s"], [
    119_600,
    "2 min 0 s",
  ]] as const;
  for (const [durationMs, said] of cases) {
    const line = textLine(TIME, "info", "call_ended", { call: "CA1", reason: "moved", durationMs }, PLAIN);
    assert.ok(line.endsWith(` moved after ${said}`), line);
  }
});

Deno.test("textLine() breaks a line between its words at the terminal's width", () => {
  const attributes = { host: "127.0.0.1", port: 8080, publicUrl: "https://voice.example.com" };
  const text = textLine(TIME, "info", "listening", attributes, { hasColours: false, columns: 50 });
  assert.deepEqual(text.split("\n"), [
    "09:01:02.991 info    listening host=127.0.0.1",
    "    port=8080 publicUrl=https://voice.example.com",
  ]);
});

Deno.test("textLine() colours what it says itself, and nothing that others can say colours or ends a line", () => {
  const style = { hasColours: true, columns: undefined };
  const painted = textLine(TIME, "warning", "call_refused", { reason: "full" }, style);
  assert.equal(
    painted,
    "\x1b[2m09:01:02.991\x1b[0m \x1b[33mwarning\x1b[0m \x1b[1mcall_refused\x1b[0m reason=full",
  );
  const forged = textLine(TIME, "error", "odd", { message: "a\n12:00:00 info b\x1b[31m\u202e" }, style);
  assert.equal(forged.split("\n").length, 1);
  assert.equal(forged.split("\x1b").length, 7, "three words of its own, begun and ended");
});
