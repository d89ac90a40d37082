import assert from "node:assert/strict";
import { businessSchemaText, SCHEMA_PATH } from "../../build/business_schema.ts";
import { isBusinessFile } from "../../src/businesses/folder_source.ts";
import { readBusiness } from "../../src/businesses/read_business.ts";
import { lines } from "./business_files.ts";

const FOLDER = new URL("../../businesses/", import.meta.url);

Deno.test("The examples are good, name the schema, and are not loaded", async () => {
  const examples = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) =>
    name.endsWith(".example.json")
  );
  assert.ok(examples.length >= 2);
  for (const name of examples) {
    assert.equal(isBusinessFile(name), false);
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    const result = await readBusiness(name, text, {
      secrets: () => "a secret",
      named: { id: name.replace(".example.json", ""), by: "the file's name" },
      readInstructions: (path) => Deno.readTextFile(new URL(path, FOLDER)),
    });
    assert.deepEqual("problems" in result ? lines(result.problems) : [], []);
    assert.equal(JSON.parse(text).$schema, "./business.schema.json");
  }
});

Deno.test("The committed JSON schema is that of the sources (deno task schema writes it)", async () => {
  assert.equal(
    await Deno.readTextFile(new URL(`../../${SCHEMA_PATH}`, import.meta.url)),
    businessSchemaText(),
  );
});
