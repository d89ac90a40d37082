import assert from "node:assert/strict";
import { ByMinute } from "../../src/util/by_minute.ts";

Deno.test("ByMinute makes a value once a minute for each name, and forgets old ones", () => {
  let made = 0;
  const values = new ByMinute((name, epochMs) => `${name} ${epochMs} ${++made}`);
  assert.equal(values.get("UTC", 60_000), "UTC 60000 1");
  assert.equal(values.get("UTC", 119_999), "UTC 60000 1");
  assert.equal(values.get("Europe/Berlin", 119_999), "Europe/Berlin 119999 2");
  assert.equal(values.get("UTC", 120_000), "UTC 120000 3");
  assert.equal(values.get("UTC", -1), "UTC -1 4");
  for (let minute = 0; minute < 200; minute++) values.get("UTC", 1e9 + minute * 60_000);
  made = 0;
  assert.equal(values.get("UTC", 60_000), "UTC 60000 1");
});
