import assert from "node:assert/strict";

const PAGE = await Deno.readTextFile(new URL("../../docs/records.md", import.meta.url));
const TYPES = await Deno.readTextFile(new URL("../../src/records/call_record.ts", import.meta.url));

/** Fields of each interface in call_record.ts, with their types. */
const INTERFACES = new Map(
  [...TYPES.matchAll(/^export interface (\w+) \{\n([^]*?)^\}/gm)].map(([, name, body]) => [
    name,
    [...body.matchAll(/^ {2}readonly (\w+)\??: (.+);$/gm)].map(([, field, type]) => ({ field, type })),
  ]),
);

/** Paths of all fields, such as `transcript[].kind`; each pair of figures and each earlier record is one. */
function paths(name: string, prefix: string): string[] {
  return INTERFACES.get(name)!.flatMap(({ field, type }) => {
    const [inner] = /Record[A-Z]\w+/.exec(type) ?? [];
    const path = `${prefix}${field}`;
    if (inner === undefined || inner === "RecordFigures") return [path];
    return paths(inner, type.endsWith("[]") ? `${path}[].` : `${path}.`);
  });
}

Deno.test("docs/records.md tells each field of a record in its table, and no other", () => {
  const table = PAGE.slice(PAGE.indexOf("## Fields"), PAGE.indexOf("### Reasons"));
  const told = [...table.matchAll(/^\| (`[^|]+)/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path)
  );
  const wholes = ["transcript", "latency", "treatment", "message"]; // told of as a whole, too
  assert.deepEqual(told.filter((path) => !wholes.includes(path)).sort(), paths("CallRecord", "").sort());
  for (const { field } of INTERFACES.get("RecordFigures")!) assert.ok(table.includes(`\`${field}\``), field);
});

Deno.test("docs/records.md shows a record with every field but those of single entries", () => {
  const example = JSON.parse(/```json\n([^]*?)```/.exec(PAGE)![1]);
  const fieldsOf = (name: string) => INTERFACES.get(name)!.map(({ field }) => field);
  assert.deepEqual(Object.keys(example), fieldsOf("CallRecord"));
  assert.deepEqual(Object.keys(example.usage), fieldsOf("RecordUsage"));
  assert.deepEqual(Object.keys(example.latency), fieldsOf("RecordLatency"));
  assert.deepEqual(Object.keys(example.latency.sent), fieldsOf("RecordFigures"));
  assert.deepEqual(Object.keys(example.audio), fieldsOf("RecordAudio"));
});

Deno.test("docs/records.md tells every reason that a stream can end for", async () => {
  const sources = await Promise.all(
    ["src/call/call_summary.ts", "src/carrier/carrier.ts"].map((path) =>
      Deno.readTextFile(new URL(`../../${path}`, import.meta.url))
    ),
  );
  const reasons = sources.join("\n").matchAll(/^export type (?:CallEnd|CallExit) =\n([^]*?);$/gm);
  const names = [...reasons].flatMap(([, union]) =>
    [...union.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, name]) => name)
  );
  assert.ok(names.length >= 8, "the types were found");
  for (const name of names) assert.ok(PAGE.includes(`| \`${name}\``), name);
});
