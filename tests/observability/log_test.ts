import assert from "node:assert/strict";
import { configureLog, createLog, createSeparateLog, flushLog } from "../../src/observability/log.ts";
import { MAX_LINES_OF_KIND } from "../../src/observability/log_fold.ts";

/** The lines that `write` logs at `level` in `format`. */
function linesOf(
  level: "debug" | "info" | "warn" | "error",
  format: "text" | "json",
  write: () => void,
): string[] {
  const original = console.error;
  const lines: string[] = [];
  console.error = (line: string) => lines.push(line);
  try {
    configureLog(level, format);
    write();
  } finally {
    console.error = original;
  }
  return lines;
}

Deno.test("Log writes one JSON object an event, with masked attributes", () => {
  const [line, ...rest] = linesOf("info", "json", () => {
    createLog().with({ call: "CA1", from: "+15550000123" }).warn("call_refused", {
      reason: "full",
      transcript: "oh",
    });
  });
  const { time, ...event } = JSON.parse(line);
  assert.deepEqual(rest, []);
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
  assert.deepEqual(event, {
    level: "warning",
    event: "call_refused",
    call: "CA1",
    from: "…23",
    reason: "full",
    transcript: "(2 characters)",
  });
});

Deno.test("Log writes text for a person's eye", () => {
  const [line] = linesOf(
    "info",
    "text",
    () => createLog().info("listening", { port: 8080, host: "0.0.0.0" }),
  );
  assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} info {4}listening port=8080 host=0\.0\.0\.0$/);
});

Deno.test("Log leaves out of its text what is undefined or empty", () => {
  const attributes = { port: 8080, latency: undefined, words: "", calls: 0, limit: null };
  const [line] = linesOf("info", "text", () => createLog().info("listening", { ...attributes, detail: "" }));
  assert.match(line, / listening port=8080 words=\(0 characters\) calls=0 limit=null$/);
});

Deno.test("Log writes nothing below its level, and does not even look at the attributes", () => {
  let looks = 0;
  const attributes = {
    get from(): string {
      looks++;
      return "+15550000123";
    },
  };
  const lines = linesOf("warn", "json", () => {
    const log = createLog();
    log.debug("a", attributes);
    log.info("b", attributes);
    assert.equal(looks, 0);
    log.warn("c", attributes);
    log.error("d");
  });
  assert.deepEqual(lines.map((line) => JSON.parse(line).event), ["c", "d"]);
  assert.ok(looks > 0);
});

Deno.test("Log keeps an event on one line whatever an attribute holds", () => {
  const lines = linesOf("info", "json", () => createLog().info("odd", { message: "two\nlines" }));
  assert.equal(lines[0].includes("\n"), false);
});

Deno.test("Log cannot be forged: no attribute ends a line, moves the cursor, or passes for another", () => {
  const evil =
    "Bob\n12:00:00.000 error   hacked call=CA1\r\x1b[2K\x1b]0;t\x07\u009b1A\u2028\u2029\u202e\u200f\x7f\ufeff";
  const write = () =>
    createLog().warn("odd", { reason: evil, list: [evil], path: 'a level=error event="x"' });
  for (const format of ["text", "json"] as const) {
    const [line, ...rest] = linesOf("info", format, write);
    assert.deepEqual(rest, []);
    assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    if (format === "json") assert.equal(JSON.parse(line).reason, evil);
    else assert.match(line, / path="a level=error event=\\"x\\""$/);
  }
});

Deno.test("Log ignores what a function of one's own throws, at once or later", async () => {
  const events: string[] = [];
  const log = createSeparateLog((_level, event) => {
    events.push(event);
    throw new Error("The disk is full.");
  });
  log.info("call_started");
  const slow = createSeparateLog(async (_level, event) => {
    await Promise.resolve();
    events.push(event);
    throw new Error("The disk is full.");
  });
  slow.info("call_ended");
  await new Promise((resolve) => setTimeout(resolve, 0)); // a rejection that nobody heeds would fail this test
  assert.deepEqual(events, ["call_started", "call_ended"]);
});

Deno.test("Log folds what repeats and counts it, by kind, and never loses an error of a call", () => {
  const lines = linesOf("info", "json", () => {
    const log = createLog();
    for (let count = 0; count < 1_000; count++) {
      log.warn("webhook_refused", { status: 403, path: `/voice/${count}` });
      log.warn("stream_refused", { call: `CA${count}`, reason: "token_unknown" });
    }
    log.warn("webhook_refused", { status: 413 });
    for (let count = 0; count < 100; count++) {
      log.error("record_lost", { call: `CA${count}` });
      log.with({ call: "CA1" }).warn("agent_down", { reason: "closed" });
    }
    flushLog();
  }).map((line) => JSON.parse(line));
  const count = (event: string) => lines.filter((line) => line.event === event);
  assert.equal(count("webhook_refused").length, MAX_LINES_OF_KIND + 2);
  assert.equal(count("stream_refused").length, MAX_LINES_OF_KIND + 1);
  assert.deepEqual(
    lines.filter(({ repeated }) => repeated).map(({ event, level, repeated }) => [event, level, repeated]),
    [["webhook_refused", "warning", 980], ["stream_refused", "warning", 980]],
  );
  assert.deepEqual([count("record_lost").length, count("agent_down").length], [100, 100]);
});
