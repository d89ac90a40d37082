import type { FromWorker, ToWorker } from "../../cluster/worker_messages.ts";
import type { WorkerProcess } from "../../cluster/supervisor.ts";
import { readLines } from "../../util/read_text.ts";
import type { Program } from "../self.ts";

/** Starts `slimline serve --worker`. It logs where this process does. */
export function spawnWorker({ command, args, env }: Program, isInsecure: boolean): WorkerProcess {
  const child = new Deno.Command(command, {
    env,
    args: [...args, "serve", "--worker", ...isInsecure ? ["--insecure"] : []],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const tell = (message: ToWorker) => {
    writer.write(encoder.encode(`${JSON.stringify(message)}\n`)).catch(() => {}); // it has ended
  };
  const ended = child.status.then(async ({ code, signal }) => {
    await writer.abort().catch(() => {}); // closed already
    return { code, signal };
  });
  return {
    pid: child.pid,
    messages: messagesOf(child.stdout),
    tell,
    signal: (name) => signal(child, name),
    ended,
  };
}

async function* messagesOf(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<FromWorker> {
  // Whatever else is printed there by mistake is no message.
  for await (const line of readLines(stdout)) if (line.startsWith('{"is":')) yield JSON.parse(line);
}

function signal(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch {
    // it has ended
  }
}
