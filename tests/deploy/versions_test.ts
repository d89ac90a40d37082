import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import project from "../../deno.json" with { type: "json" };
import versions from "../../deploy/versions.json" with { type: "json" };
import { deployFile } from "../support/deploy_tools.ts";

const KUBERNETES = [
  ...["deployment", "service", "ingress", "network-policy", "kustomization"].map((name) =>
    `kubernetes/${name}`
  ),
  ...["deployment", "ingress", "autoscaler", "disruption-budget", "kustomization"]
    .map((name) => `kubernetes-fleet/${name}`),
].map((path) => `${path}.yaml`);
const EXAMPLES = ["compose.yaml", ...KUBERNETES];
const KNOWN: Readonly<Record<string, string>> = versions;

/** Every object within a document, itself included. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

/** The images of an example, as name and version. */
function imagesIn(path: string): { name: string; version: string | undefined }[] {
  const documents = parseAllDocuments(deployFile(path)).map((document) => document.toJS());
  return documents.flatMap((document) =>
    [...objectsIn(document)].flatMap(({ image, name, newName, newTag }) => {
      if (typeof image === "string") {
        const [imageName, version] = image.split(":");
        return [{ name: imageName, version }];
      }
      return newName === undefined ? [] : [{ name: `${name}`, version: `${newTag}` }];
    })
  );
}

Deno.test("Every image in the examples of Compose and Kubernetes has its version of deploy/versions.json", () => {
  const images = EXAMPLES.flatMap(imagesIn);
  assert.deepEqual([...new Set(images.map(({ name }) => name))].sort(), ["caddy", "mongo", "slimline"]);
  const placed = images.filter(({ version }) => version !== undefined); // kustomize gives the others theirs
  assert.deepEqual(placed.filter(({ name, version }) => KNOWN[name] !== version), []);
  assert.ok(placed.some(({ name }) => name === "slimline"));
});

Deno.test("The examples of Compose and Kubernetes name no version that is not in deploy/versions.json", () => {
  const known = new Set(Object.values(KNOWN).map((version) => version.replace(/-.*/, "")));
  for (const path of EXAMPLES) {
    const text = deployFile(path).replace(/\d+\.\d+\.\d+\.\d+/g, ""); // addresses
    const named = [...text.matchAll(/(?<![\w.])v?(\d+(?:\.\d+)+)(?![\w.]*")/g)].map(([, version]) => version);
    assert.deepEqual(named.filter((version) => !known.has(version)), [], path);
  }
});

Deno.test("deploy/versions.json has the versions of the project itself", async () => {
  assert.equal(versions.slimline, project.version);
  const [dockerfile, ci] = await Promise.all(
    ["Dockerfile", ".ci/run"].map((path) => Deno.readTextFile(path)),
  );
  assert.equal(/^FROM denoland\/deno:([\d.]+)@/m.exec(dockerfile)?.[1], versions.deno);
  assert.equal(/^DENO_VERSION=(.*)$/m.exec(ci)?.[1], versions.deno);
  const page = await Deno.readTextFile("docs/operations.md");
  for (const [name, version] of Object.entries(KNOWN)) {
    const row = new RegExp(`^\\| ${name} +\\| \`${version.replaceAll(".", "\\.")}\` `, "m");
    assert.ok(row.test(page), `docs/operations.md has a row of ${name} ${version}`);
  }
});
