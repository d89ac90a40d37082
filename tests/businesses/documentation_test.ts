import assert from "node:assert/strict";
import { PAGES, withTables } from "../../build/docs.ts";

for (const path of PAGES) {
  Deno.test(`${path} tells every field and variable as the sources have it (deno task docs writes it)`, async () => {
    const page = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
    assert.equal(page, withTables(page));
  });
}

Deno.test("withTables() refuses a page that leaves a field out, or has one twice", async () => {
  const page = await Deno.readTextFile(new URL(`../../${PAGES[0]}`, import.meta.url));
  assert.throws(() => withTables(page.replace("fields: id name", "fields: name")), /No table has id/);
  assert.throws(
    () => withTables(page.replace("fields: timeZone hours", "fields: timeZone hours fallback")),
    /no field fallback/,
  );
});
