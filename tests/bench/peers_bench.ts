// `deno task bench:peers`: Slimline beside other bridges, in turn, in one run, under the same load: 100 callers who hear a
// greeting, say a sentence, hear an answer, and so on. Each server is a fresh process, read from outside by /proc; callers and
// model are processes of their own. Each takes two lengths of calls, so that what a call takes to be set up can be told from
// what it takes while it talks. Medians of the rounds. The peers' packages come from npm, into a folder that is kept.
//
// A figure counts only where all audio came through: a server that drops some is cheap.

import { parseArgs } from "node:util";
import { HelperProcess, kill } from "../../src/lab/load/helper_process.ts";
import { ModelProcess } from "../../src/lab/load/model_process.ts";
import { pin } from "../../src/lab/load/load_processes.ts";
import { parseRssAnon } from "../../src/observability/process_memory.ts";
import { textTable } from "../../src/lab/load/text_table.ts";
import { type KeyPairPem, selfSigned } from "../../src/lab/openai/wire/self_signed.ts";
import type { CallersRequest } from "../../src/lab/capacity/callers_role.ts";
import type { CallersReport } from "../../src/lab/capacity/capacity_report.ts";
import { install, type Peer, PEERS, slimlineOf } from "./peer_servers.ts";
import { freePort } from "../support/free_port.ts";

const USAGE =
  `deno task bench:peers [--calls N] [--seconds SHORT,LONG] [--rounds N] [--only NAME,…] [--beside COMMIT,…]
                       [--server-cpu N] [--tls]

  --calls       calls at once (default 100)
  --seconds     the two lengths of the calls (default 8,24)
  --rounds      how often all servers take their turn (default 3)
  --only        servers whose names have one of these in it
  --beside      Slimline of these commits takes its turn, too, whatever --only says
  --server-cpu  the core that each server has for itself, the rest is on the others
  --tls         the model is reached over TLS, as OpenAI is`;

const ROOT = new URL("../../", import.meta.url).pathname;
/** The certificate that the servers trust. */
const AUTHORITY = `${ROOT}dist/peers.pem`;
const PUBLIC_URL = "https://voice.example.com";
const ACCOUNT_SID = `AC${"0".repeat(32)}`;
const AUTH_TOKEN = "a bench's auth token";
/** Calls come up within this. */
const RAMP_MS = 3_000;
const REPLY_SECONDS = 8;
/** A commit that has never run here is bundled first. */
const START_MS = 60_000;
/** How long a server is left alone before its idle memory is read. */
const IDLE_MS = 6_000;
const SAMPLE_MS = 200;
const PATIENCE_MS = 90_000;
/** Of the kernel's clock, in which /proc tells CPU time. */
const TICKS_A_SECOND = 100;

/** What one load came to. */
interface Run {
  readonly calls: number;
  readonly idleRss: number;
  readonly idleAnon: number;
  /** Bytes of anonymous memory above the idle server, the mean while calls were up, a call. */
  readonly anonPerCall: number;
  readonly cpuSeconds: number;
  /** Sum of how long the calls lasted. */
  readonly callSeconds: number;
  readonly deliveredUp: number;
  readonly deliveredDown: number;
  readonly firstAudioMs: number;
  readonly answerMs: number;
  readonly failed: number;
  /** Why, a few of the reasons. */
  readonly faults: readonly string[];
}

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      calls: { type: "string", default: "100" },
      seconds: { type: "string", default: "8,24" },
      rounds: { type: "string", default: "3" },
      only: { type: "string" },
      beside: { type: "string" },
      "server-cpu": { type: "string" },
      tls: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return console.log(USAGE);
  const calls = Number(values.calls);
  const lengths = values.seconds.split(",").map(Number);
  const names = values.only?.split(",");
  const peers = PEERS.filter(({ name }) => !names || names.some((one) => name.includes(one)));
  for (const commit of values.beside?.split(",") ?? []) peers.push(...await slimlineOf(commit));
  await install(peers);
  const tls = values.tls ? await selfSigned(Date.now()) : undefined;
  if (tls) await Deno.writeTextFile(AUTHORITY, tls.cert);
  const runs = new Map(peers.map(({ name }) => [name, lengths.map((): Run[] => [])]));
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const peer of peers) {
      for (const [place, seconds] of lengths.entries()) {
        const run = await measure(peer, { calls, seconds, cpu: values["server-cpu"], tls });
        runs.get(peer.name)![place].push(run);
        const share = (run.cpuSeconds / run.callSeconds).toFixed(5);
        console.error(`round ${round}: ${peer.name}, ${seconds} s: ${share} of a core a call`);
        if (run.failed > 0) console.error(`  ${run.failed} calls failed: ${run.faults.join("; ")}`);
      }
    }
  }
  console.log(
    `${calls} calls of ${lengths.join(" and ")} s, the model over ${tls ? "TLS" : "plain TCP"}, ` +
      `medians of ${values.rounds} rounds in turn; Deno ${Deno.version.deno}`,
  );
  console.log(table(peers, runs).join("\n"));
}

/** What all servers are measured under. */
interface Load {
  readonly calls: number;
  /** How long a call lasts. */
  readonly seconds: number;
  /** The core that the server has for itself. */
  readonly cpu?: string;
  /** The model's certificate, when it is reached over TLS. */
  readonly tls?: KeyPairPem;
}

async function measure(peer: Peer, { calls, seconds, cpu, tls }: Load): Promise<Run> {
  await using parts = new AsyncDisposableStack();
  const model = parts.use(await ModelProcess.start(REPLY_SECONDS, tls));
  const callers = parts.use(await HelperProcess.start("callers"));
  const port = freePort();
  const child = new Deno.Command(peer.command[0], {
    args: peer.command.slice(1),
    cwd: peer.folder,
    env: {
      PORT: String(port),
      HOST: "127.0.0.1",
      PUBLIC_URL,
      OPENAI_API_KEY: "none",
      OPENAI_REALTIME_URL: model.url,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      ADMIN_TOKEN: AUTH_TOKEN,
      LOG_LEVEL: "error",
      ...(tls && { NODE_EXTRA_CA_CERTS: AUTHORITY, DENO_CERT: AUTHORITY }),
      ...peer.env,
    },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  parts.defer(async () => {
    kill(child, "SIGTERM");
    await child.status;
  });
  const pid = await listenerOf(port);
  parts.defer(() => endProcess(pid));
  if (cpu !== undefined) {
    await pin(pid, cpu);
    const others = Array.from({ length: navigator.hardwareConcurrency }, (_, core) => String(core));
    const rest = others.filter((core) => core !== cpu).join(",") || cpu;
    for (const helper of [model, callers]) await pin(helper.pid, rest);
  }
  await pause(IDLE_MS);
  const idle = await figures(pid);
  const before = await model.report();
  const line = {
    server: `http://127.0.0.1:${port}`,
    publicUrl: PUBLIC_URL,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
  };
  const holdMs = Math.max(0, seconds * 1000 - RAMP_MS);
  const request: CallersRequest = { line, calls, rampMs: RAMP_MS / calls, holdMs };
  const startedMs = performance.now();
  await callers.tell(request);
  const anon: number[] = [];
  let isUp = true;
  const sampling = (async () => {
    for (; isUp; await pause(SAMPLE_MS)) anon.push((await figures(pid)).anon);
  })();
  await callers.next<{ is: "up" }>(PATIENCE_MS);
  const report = await callers.next<CallersReport>(seconds * 1000 + PATIENCE_MS);
  isUp = false;
  await sampling;
  const wallMs = performance.now() - startedMs;
  await pause(500);
  const after = await figures(pid);
  const { stats } = await model.report();
  const mean = anon.reduce((sum, bytes) => sum + bytes, 0) / anon.length;
  return {
    calls,
    idleRss: idle.rss,
    idleAnon: idle.anon,
    anonPerCall: (mean - idle.anon) / calls,
    cpuSeconds: after.cpuSeconds - idle.cpuSeconds,
    callSeconds: calls * (wallMs - RAMP_MS / 2) / 1000,
    deliveredUp: (stats.appendedMs - before.stats.appendedMs) / report.sentMs,
    deliveredDown: report.receivedMs / (stats.deltaAudioMs - before.stats.deltaAudioMs),
    firstAudioMs: report.firstAudioMs.p50 ?? NaN,
    answerMs: report.answerMs.p50 ?? NaN,
    failed: report.failed,
    faults: report.faults,
  };
}

function table(peers: readonly Peer[], runs: ReadonlyMap<string, readonly Run[][]>): string[] {
  const head = [
    "server",
    "idle MB",
    "anon",
    "KB a call",
    "core a call",
    "set-up ms",
    "talk",
    "first ms",
    "answer ms",
    "up",
    "down",
    "failed",
  ];
  const rows = peers.map(({ name }) => {
    const lengths = runs.get(name)!;
    const long = lengths.at(-1)!;
    const [short] = lengths;
    const of = (key: (run: Run) => number, among = long) => median(among.map(key));
    const [cpu, time] = [(run: Run) => run.cpuSeconds, (run: Run) => run.callSeconds];
    const talk = lengths.length > 1 ? (of(cpu) - of(cpu, short)) / (of(time) - of(time, short)) : NaN;
    const setUpMs = 1000 * (of(cpu, short) - talk * of(time, short)) / short[0].calls;
    return [
      name,
      megabytes(of((run) => run.idleRss)),
      megabytes(of((run) => run.idleAnon)),
      (of((run) => run.anonPerCall) / 1024).toFixed(0),
      of((run) => run.cpuSeconds / run.callSeconds).toFixed(4),
      shown(setUpMs, 1),
      shown(talk, 4),
      shown(of((run) => run.firstAudioMs), 0),
      shown(of((run) => run.answerMs), 0),
      of((run) => run.deliveredUp).toFixed(3),
      of((run) => run.deliveredDown).toFixed(3),
      String(Math.max(...long.map(({ failed }) => failed))),
    ];
  });
  const lacks = peers.filter(({ lacks }) => lacks).map(({ name, lacks }) => `${name} has not: ${lacks}`);
  return [...textTable([head, ...rows], "  "), "", ...lacks];
}

/** A figure; a dash where there is none. */
function shown(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "-";
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

interface Figures {
  rss: number;
  anon: number;
  cpuSeconds: number;
}

/** What the kernel tells of a process. */
async function figures(pid: number): Promise<Figures> {
  const [status, stat] = await Promise.all([
    Deno.readTextFile(`/proc/${pid}/status`),
    Deno.readTextFile(`/proc/${pid}/stat`),
  ]);
  // Behind the name, which may have spaces: fields 14 and 15, of the user's and the system's time.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const rss = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  return {
    rss,
    anon: parseRssAnon(status),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND,
  };
}

/** The process that listens on a port, whatever wrapper has started it. */
async function listenerOf(port: number): Promise<number> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const untilMs = performance.now() + START_MS; performance.now() < untilMs; await pause(100)) {
    const rows = (await Deno.readTextFile("/proc/net/tcp")).split("\n").map((row) => row.trim().split(/\s+/));
    const inode = rows.find((row) => row[1]?.endsWith(local) && row[3] === "0A")?.[9];
    if (inode === undefined) continue;
    for (const { name } of Deno.readDirSync("/proc")) {
      if (/^\d+$/.test(name) && holds(name, `socket:[${inode}]`)) return Number(name);
    }
  }
  throw new Error(`Nobody listens on port ${port} within ${START_MS} ms.`);
}

function holds(pid: string, socket: string): boolean {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].some(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/${pid}/fd/${name}`) === socket;
      } catch {
        return false; // it was closed meanwhile
      }
    });
  } catch {
    return false; // it has ended, or belongs to somebody else
  }
}

/** Ends a server that a wrapper has started. */
function endProcess(pid: number): void {
  try {
    Deno.kill(pid, "SIGTERM");
  } catch {
    // It has ended with its wrapper.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
