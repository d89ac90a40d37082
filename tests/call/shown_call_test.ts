import assert from "node:assert/strict";

/**
 * A program of its own, which can collect garbage when it likes: shows the talk of a call, and prints how many KB more
 * are held than before, right then and once nobody has looked for a moment.
 */
const PROGRAM = `
  import { ShownCall } from ${JSON.stringify(new URL("../../src/call/shown_call.ts", import.meta.url))};
  import { DEFAULT_BUSINESS } from ${
  JSON.stringify(new URL("../../src/businesses/business.ts", import.meta.url))
};
  const entries = Array.from({ length: 400 }, (_, at) => (
    { kind: "user", atMs: at, text: "My number is 020 7946 0999. " + "And so on. ".repeat(90) + at }
  ));
  const fresh = () => new ShownCall({
    info: { callSid: "CA1", business: DEFAULT_BUSINESS, from: "+15550000123", to: "+15550100000" },
    clock: undefined,
    journal: {
      soFar: () => ({ durationMs: 1000, usage: undefined }),
      answered: { count: 0, turns: [] },
      transcript: { entries: () => entries },
    },
    callCost: () => undefined,
  });
  const settled = async () => {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      gc();
    }
    return Deno.memoryUsage().heapUsed;
  };
  const look = (call) => {
    const { entries: [first] } = call.talk("listening", true);
    if (!first.text.includes("[telephone number]")) throw new Error(first.text.slice(0, 100));
    const again = call.talk("listening", true).entries[0];
    if (again !== first) throw new Error("What has not changed is not masked again.");
  };
  look(fresh()); // what is made on first use is made
  const call = fresh();
  const before = await settled();
  look(call);
  const whileShown = Deno.memoryUsage().heapUsed;
  const after = await settled();
  look(call); // it is there all the same
  console.log(Math.round((whileShown - before) / 1024), Math.round((after - before) / 1024));
`;

Deno.test("A call whose talk nobody follows holds none of it masked", async () => {
  const child = new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--no-prompt",
      "--config=deno.json",
      "--v8-flags=--expose-gc",
      "-",
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(PROGRAM));
  await input.close();
  const { stdout, stderr } = await child.output();
  const [whileShown, after] = new TextDecoder().decode(stdout).split(" ").map(Number);
  const figures = `${whileShown} KB while it is shown, ${after} KB after; ${
    new TextDecoder().decode(stderr)
  }`;
  // The masked talk is some 400 KB; code that has become warm meanwhile is some 50.
  assert.ok(whileShown > 200 && after < 150, figures);
});
