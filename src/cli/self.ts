import { AppError } from "../util/errors.ts";

/** How to start a program: the command and its first arguments. */
export interface Program {
  command: string;
  args: string[];
  /** Beside or instead of what this process has. */
  env: Record<string, string>;
}

/**
 * Settings of the C library's allocator (glibc) for a server; it reads them when a process starts. Left
 * alone, it raises the thresholds to 32 and 64 MB once a large block was freed, and from then on keeps what
 * one burst of calls took. Blocks of 32 KiB are mapped one by one, and go back to the system when they are
 * freed: what V8 compiles with comes in such blocks, of which 8 MB were once free and kept, and so do the
 * read buffers of sockets that have grown. See `docs/soak.md` for what they give.
 */
export const MALLOC_ENV: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "32768",
  MALLOC_TRIM_THRESHOLD_: "131072",
};

/**
 * Flags of the runtime for a server: those of `deno task serve`, and `--unstable-net`, with which several may
 * share a port. Helper processes may use only the network of this machine.
 *
 * V8 keeps its heap small and compiles as it likes: `docs/memory.md` tells what other flags took and gave.
 */
export const SERVER_FLAGS: readonly string[] = [
  "--permission-set=server",
  "--no-code-cache",
  "--unstable-net",
  "--v8-flags=--optimize-for-size",
];
const HELPER_FLAGS = ["--allow-net=127.0.0.1"];

/** In a bundle, it lies beside the code. */
const MAIN = new URL(import.meta.url.endsWith(".ts") ? "../../main.ts" : "./main.js", import.meta.url).href;

/** What differs in the new process. */
export interface SelfOptions {
  /** A file or a URL. Default `main.ts`. */
  main?: string;
  /**
   * Flags of the runtime that come after those of the role, and override them. An executable takes none: its
   * permissions are its own.
   */
  flags?: readonly string[];
}

/**
 * How to start this program once more: the executable itself, or `deno run` of `main.ts` (or of another
 * `main`, a file or a URL, in its place).
 *
 * An executable may start itself only if it was compiled with the permission. Its path is not known then, so
 * the permission is for `/proc/self/exe`, which in the new process is the executable too.
 */
export async function selfAs(
  role: "server" | "helper",
  { main = MAIN, flags = [] }: SelfOptions = {},
): Promise<Program> {
  const env = role === "server" ? { ...MALLOC_ENV } : {};
  if (Deno.build.standalone) {
    return { command: await firstAllowed(Deno.execPath(), "/proc/self/exe"), args: [], env };
  }
  return {
    env,
    command: await firstAllowed(Deno.execPath(), "deno"),
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      ...role === "server" ? SERVER_FLAGS : HELPER_FLAGS,
      ...flags,
      main,
    ],
  };
}

/**
 * The first of them that may be run.
 *
 * @throws {ProcessError} when none may
 */
async function firstAllowed(...commands: string[]): Promise<string> {
  for (const command of commands) {
    const { state } = await Deno.permissions.query({ name: "run", command });
    if (state === "granted") return command;
  }
  throw new ProcessError(
    `This program may not start itself on this system: ${commands.join(" or ")} must be allowed to run.`,
  );
}

/** A process that this one started, or would have started, does not do what it is for. */
export class ProcessError extends AppError {
  override readonly name = "ProcessError";
  constructor(message: string) {
    super("process_failed", message);
  }
}
