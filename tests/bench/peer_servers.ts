// The servers that `deno task bench:peers` measures: Slimline as it ships and in other ways, the peers, and the least that a
// bridge can do on this runtime.

import { MALLOC_ENV } from "../../src/cli/self.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SOURCES = new URL("peers/", import.meta.url).pathname;
/** Where the peers run, with their packages. */
const FOLDER = `${ROOT}dist/peers/`;

/** A server to be measured: started in `folder`, its port in PORT. */
export interface Peer {
  readonly name: string;
  /** What it does not do that Slimline does; for the table. */
  readonly lacks: string;
  readonly command: readonly string[];
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

const BARE = {
  command: [
    "deno",
    "run",
    "--quiet",
    "--no-prompt",
    "--allow-net=127.0.0.1",
    "--allow-env=PORT,PUBLIC_URL,OPENAI_REALTIME_URL,AUDIO_FORMAT,APPEND_MS",
    "--v8-flags=--optimize-for-size",
    `${ROOT}tests/bench/bare_bridge.ts`,
  ],
  folder: ROOT,
  env: { ...MALLOC_ENV },
};
const SLIMLINE = { command: ["deno", "task", "--quiet", "serve"], folder: ROOT };
/** With appends of 60 ms, as under load; from its sources, whose memory is above the bundle's, idle and a call. */
const LARGE_APPENDS = {
  command: [
    "deno",
    "run",
    "--quiet",
    "--allow-all",
    "--no-code-cache",
    "--v8-flags=--optimize-for-size",
    "tests/bench/steady_appends_server.ts",
    "serve",
  ],
  folder: ROOT,
  env: { APPEND_MS: "60", ...MALLOC_ENV },
};
export const PEERS: readonly Peer[] = [
  {
    name: "sample, Node.js",
    lacks: "signatures, what was heard, limits, records, reconnecting",
    command: ["node", "sample_bridge.mjs"],
    folder: FOLDER,
  },
  {
    name: "Agents SDK, Node.js",
    lacks: "signatures, limits, records, reconnecting",
    command: ["node", "agents_bridge.mjs"],
    folder: FOLDER,
  },
  { name: "bare, Deno", lacks: "everything but passing audio on", ...BARE },
  {
    name: "bare, Deno, 60 ms",
    lacks: "everything but passing audio on",
    ...BARE,
    env: { ...MALLOC_ENV, APPEND_MS: "60" },
  },
  {
    name: "bare, Deno, 24 kHz",
    lacks: "everything, resampling too: callers hear noise",
    ...BARE,
    env: { ...MALLOC_ENV, AUDIO_FORMAT: "pcm24k" },
  },
  { name: "Slimline, resampling", lacks: "", ...SLIMLINE },
  { name: "Slimline, pcmu", lacks: "", ...SLIMLINE, env: { AUDIO_FORMAT: "pcmu" } },
  { name: "Slimline, resampling, 60 ms", lacks: "", ...LARGE_APPENDS },
  {
    name: "Slimline, pcmu, 60 ms",
    lacks: "",
    ...LARGE_APPENDS,
    env: { ...LARGE_APPENDS.env, AUDIO_FORMAT: "pcmu" },
  },
];

/**
 * Slimline as another commit has it, in a folder of its own: what has changed since is told by one run.
 *
 * @throws {Error} when git knows no such commit
 */
export async function slimlineOf(commit: string): Promise<readonly Peer[]> {
  const folder = `${ROOT}dist/beside/${commit}/`;
  await Deno.mkdir(folder, { recursive: true });
  const archive = new Deno.Command("git", {
    args: ["archive", commit],
    cwd: ROOT,
    stdout: "piped",
  }).spawn();
  const unpack = new Deno.Command("tar", { args: ["-x"], cwd: folder, stdin: "piped" }).spawn();
  await archive.stdout.pipeTo(unpack.stdin);
  const ends = await Promise.all([archive.status, unpack.status]);
  if (ends.some(({ success }) => !success)) throw new Error(`git has no files of ${commit}.`);
  return PEERS.filter(({ folder, command }) => folder === ROOT && command === SLIMLINE.command)
    .map((peer) => ({ ...peer, name: `${peer.name}, ${commit}`, folder }));
}

/** Makes ready whichever of these servers need packages of their own, once. */
export async function install(peers: readonly Peer[]): Promise<void> {
  if (peers.every(({ folder }) => folder !== FOLDER)) return;
  await Deno.mkdir(FOLDER, { recursive: true });
  for await (const { name } of Deno.readDir(SOURCES)) await Deno.copyFile(SOURCES + name, FOLDER + name);
  const args = ["install", "--silent", "--no-fund", "--no-audit", "--ignore-scripts", "--no-package-lock"];
  const { success } = await new Deno.Command("npm", { args, cwd: FOLDER }).output();
  if (!success) throw new Error("npm could not install the peers' packages.");
}
