import assert from "node:assert/strict";
import { configureLog, createLog } from "../../src/observability/log.ts";

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
