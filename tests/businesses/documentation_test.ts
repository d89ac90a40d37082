import assert from "node:assert/strict";
import { PAGES, withTables } from "../../build/docs.ts";
import { readBusiness } from "../../src/businesses/read_business.ts";

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

Deno.test("docs/businesses.md and README.md show the same business, in YAML as in JSON, and it can serve", async () => {
  const shown = [];
  for (
    const [path, form] of [["README.md", "json"], ["docs/businesses.md", "json"], [
      "docs/businesses.md",
      "yaml",
    ]]
  ) {
    const page = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
    const text = new RegExp(`^\`\`\`${form}\\n([^]*?)\\n\`\`\``, "m").exec(page)?.[1];
    assert.ok(text, `${path} has ${form}`);
    const result = await readBusiness(`dentist.${form}`, text, {
      secrets: () => undefined,
      named: { id: "dentist", by: "the file's name" },
      readInstructions: () => Promise.resolve("You answer."),
    });
    assert.ok("business" in result, `${path}: ${form}`);
    shown.push(result.business);
  }
  const [readme, json, yaml] = shown;
  assert.deepEqual(readme, json);
  const { fallback: _, ...most } = json;
  const { fallback: _other, ...mostOfYaml } = yaml; // it leaves the fallback out
  assert.deepEqual(mostOfYaml, most);
});
