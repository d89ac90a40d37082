import assert from "node:assert/strict";
import { attack, http2Floods } from "../support/http_attacker.ts";
import { eventually } from "../support/eventually.ts";
import { ServerRig } from "../support/server_rig.ts";
import { chunked, COSTLY_REQUESTS, CRUMBS } from "./costly_requests.ts";

/** The event loop may stand still this long at a stretch for a stranger's request: a quarter of a frame of audio. */
const MOST_MS = 5;
/**
 * Tries of each, at most: the compiler and the collector of garbage, which take what they take, come in some of them, and in
 * more of them where a busy machine draws them out.
 */
const TRIES = 12;

const FRAMES = 10_000;
/** What the runtime takes at most before it lets others have their turn, on a slow machine. */
const MAX_FRAMES_MS = 100;

const WITH_LENGTH =
  "HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10000000\r\n\r\n";

/** Bodies that the runtime shows nobody, and reads to their end in order to throw them away. */
const UNSEEN: Readonly<Record<string, string>> = {
  "a HEAD with a million chunks": chunked("/healthz", CRUMBS, "HEAD"),
  "a HEAD with 10 MB": WITH_LENGTH + "a".repeat(1e7),
  "a HEAD with 10 MB in chunks of 64 kB": chunked(
    "/healthz",
    `10000\r\n${"a".repeat(65_536)}\r\n`.repeat(160),
    "HEAD",
  ),
};

/** Tells the server to begin or to end watching its turns, and resolves once it has. */
async function tell(rig: ServerRig, event: string): Promise<void> {
  const seen = rig.logged(event).length;
  rig.server.signal("SIGUSR2");
  await eventually(event, () => rig.logged(event).length > seen);
}

/** The server's longest turn of the event loop, in CPU time, while something is sent: the least of {@link TRIES}. */
async function longestTurnMs(rig: ServerRig, send: () => Promise<unknown>): Promise<number> {
  let leastMs = Infinity;
  for (let tries = 0; tries < TRIES && leastMs > MOST_MS; tries++) {
    await tell(rig, "watching_turns");
    await send();
    await tell(rig, "longest_turn");
    leastMs = Math.min(leastMs, Number(rig.logged("longest_turn").at(-1)?.longestMs));
  }
  return leastMs;
}

async function turnsMs(
  rig: ServerRig,
  requests: Readonly<Record<string, string | Uint8Array>>,
): Promise<[string, number][]> {
  const turns: [string, number][] = [];
  for (const [what, request] of Object.entries(requests)) {
    await attack(rig.port, request);
    turns.push([what, await longestTurnMs(rig, () => attack(rig.port, request))]);
  }
  if (Deno.args.includes("--show")) console.table(Object.fromEntries(turns));
  return turns;
}

Deno.test("no request of a stranger holds the event loop for more than 5 ms at a stretch", async () => {
  await using rig = await ServerRig.start({ preload: "tests/support/turn_watch.ts" });
  const turns = await turnsMs(rig, { ...COSTLY_REQUESTS, ...UNSEEN });
  assert.deepEqual(turns.filter(([, ms]) => !(ms <= MOST_MS)), []);
});

Deno.test("a flood of HTTP/2 holds the event loop no longer than the threat model says", async () => {
  await using rig = await ServerRig.start({ preload: "tests/support/turn_watch.ts" });
  const turns = await turnsMs(rig, http2Floods(FRAMES));
  assert.deepEqual(turns.filter(([, ms]) => !(ms <= MAX_FRAMES_MS)), []);
});
