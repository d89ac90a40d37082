import assert from "node:assert/strict";
import { theilSen } from "../../src/util/theil_sen.ts";
import { EmbeddingsEndpoint } from "../support/embeddings_endpoint.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";
import type { RoundLevel } from "../support/service_rounds.ts";
import { TempFolder } from "../support/temp_folder.ts";

/**
 * What a round may leave in the heap. The runtime's own caches take 0.5 to 2 KB of it; a service that is closed and kept
 * is the least that can leak, with 9 KB.
 */
const MAX_LEFT_BYTES = 4 * 1024;

/** The levels of the second half of a hundred rounds, in a process of their own. */
async function levels(mongoUri: string, ...leak: ["leak"] | []): Promise<RoundLevel[]> {
  using folder = new TempFolder();
  await using endpoint = new EmbeddingsEndpoint();
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-all", "--v8-flags=--expose-gc"],
      ...["tests/support/service_rounds.ts", folder.path, endpoint.url, mongoUri, ...leak],
    ],
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
}

/** What a round leaves more of than the one before it, as the median of all rounds. */
function leftPerRound(levels: readonly RoundLevel[], measure: "heapUsed" | "descriptors"): number {
  assert.equal(levels.length, 50);
  return theilSen(levels.map((level) => ({ x: level.round, y: level[measure] })))!.perX;
}

function assertLevel(levels: readonly RoundLevel[]): void {
  const left = leftPerRound(levels, "heapUsed");
  assert.ok(left < MAX_LEFT_BYTES, `${left} bytes a round`);
  assert.equal(leftPerRound(levels, "descriptors"), 0);
}

Deno.test("A hundred rounds of opening all services and letting them go leave memory and sockets level, with SQLite", async () => {
  assertLevel(await levels(""));
});

mongoTest(
  "A hundred rounds of opening all services and letting them go leave memory and sockets level, with MongoDB",
  async ({ uri }) => assertLevel(await levels(uri)),
);

Deno.test("A service of each round that is closed and kept shows in what the rounds leave", async () => {
  const left = leftPerRound(await levels("", "leak"), "heapUsed");
  assert.ok(left > MAX_LEFT_BYTES, `${left} bytes a round`);
});
