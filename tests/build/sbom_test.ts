import assert from "node:assert/strict";
import project from "../../deno.json" with { type: "json" };
import { dependenciesOf, type Lock, REASONS } from "../../build/dependencies.ts";
import { bom } from "../../build/sbom.ts";

interface Bom {
  components: { name: string; licenses: { license?: { id: string }; expression?: string }[] }[];
}

const SBOM: Bom = JSON.parse(await Deno.readTextFile(new URL("../../docs/sbom.json", import.meta.url)));
const LOCK: Lock = JSON.parse(await Deno.readTextFile(new URL("../../deno.lock", import.meta.url)));

Deno.test("docs/sbom.json is what deno task audit makes of the lock", () => {
  const licenses = new Map(SBOM.components.map(({ name, licenses }) => [name, licenses[0]]));
  const program = { name: "slimline", version: project.version, license: project.license };
  const fresh = bom(program, dependenciesOf(LOCK), ({ name }) => {
    const license = licenses.get(name);
    return license?.license?.id ?? license?.expression;
  });
  assert.deepEqual(JSON.parse(JSON.stringify(fresh)), SBOM, "run deno task audit");
});

Deno.test("Every package in the lock came through one that the project names with a reason", () => {
  const dependencies = dependenciesOf(LOCK);
  assert.deepEqual(dependencies.filter(({ through }) => through.length === 0), []);
  const named = dependencies.filter(({ name, through }) => through.includes(name)).map(({ name }) => name);
  assert.deepEqual(named.toSorted(), Object.keys(REASONS).toSorted());
});

Deno.test("dependenciesOf() follows a lock's short names, versions and peers", () => {
  const integrity = "sha512-AAAA";
  const lock: Lock = {
    npm: {
      "valibot@1.0.0": { integrity, dependencies: ["b@2.0.0"] },
      "@valibot/to-json-schema@1.1.0_valibot@1.0.0": { integrity, dependencies: ["valibot", "b@1.0.0"] },
      "b@1.0.0": { integrity },
      "b@2.0.0": { integrity },
    },
    workspace: { dependencies: ["npm:valibot@1.0.0", "npm:@valibot/to-json-schema@1.1.0"] },
  };
  const of = (name: string, version: string) =>
    dependenciesOf(lock).find((dependency) => dependency.name === name && dependency.version === version)!;
  assert.deepEqual(of("@valibot/to-json-schema", "1.1.0").dependencies, ["valibot@1.0.0", "b@1.0.0"]);
  assert.deepEqual([of("b", "1.0.0").isServed, of("b", "2.0.0").isServed], [false, true]);
  const unnamed = { ...lock, workspace: { dependencies: ["npm:b@1.0.0"] } };
  assert.throws(() => dependenciesOf(unnamed), /say why/);
});
