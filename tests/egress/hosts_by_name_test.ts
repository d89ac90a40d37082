// A process that was started with the names of hosts reaches them by name, and still only where they were checked.

import assert from "node:assert/strict";
import { ToolEndpoint } from "../support/tool_endpoint.ts";

const GUARDED = new URL("../../src/egress/guarded_requests.ts", import.meta.url);

/** What a process with these hosts gets from a URL: a status, or why not. */
async function got(hosts: string, url: string, addresses?: readonly string[]): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "named-" });
  try {
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `import { GuardedRequests } from "${GUARDED}";
      const found = ${JSON.stringify(addresses)};
      const requests = new GuardedRequests({ privateHosts: ["localhost"], ...found && { lookup: async () => found } });
      const signal = AbortSignal.timeout(10_000);
      try {
        const answer = await requests.post({ url: ${
        JSON.stringify(url)
      }, headers: {}, body: "{}", signal, maxBytes: 100 });
        console.log(answer.status);
      } catch (error) {
        console.log(error.code + ": " + error.message);
      }`,
    );
    const { stdout, stderr } = await new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "--no-prompt",
        "--config=deno.json",
        `--allow-net=${hosts}`,
        `${folder}/main.ts`,
      ],
    }).output();
    return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("GuardedRequests in a process with named hosts reaches them, tells which is missing, and sends nothing to an address that was not checked", async () => {
  await using endpoint = new ToolEndpoint(() => ({}));
  const url = endpoint.tool("any").url.replace("127.0.0.1", "localhost");
  const [byName, other, rebound] = await Promise.all([
    got("localhost", url),
    got("tools.example.com", url),
    got("localhost", url, ["127.0.0.2"]),
  ]);
  assert.equal(byName, "200");
  assert.match(other, /^url_refused: http:\/\/localhost:\d+ may not be reached: .*start the server again\.$/);
  assert.match(rebound, /^url_refused: .*its addresses have changed meanwhile\.$/);
  assert.equal(endpoint.requests.length, 1);
});
