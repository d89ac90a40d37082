import { useEnvFile } from "../config/environment.ts";
import { messageOf } from "../util/errors.ts";
import { failure } from "./arguments.ts";

/**
 * Runs the program, and ends the process with its exit code: 1 when it throws, which it is shown for. First
 * reads `.env`, so that every command has the same configuration; not as a worker, which has that of its
 * supervisor.
 */
export async function runProgram(args: readonly string[], run: () => Promise<number>): Promise<never> {
  let code = 1;
  try {
    code = await withEnvFile(args, run);
  } catch (error) {
    // A server takes note of what nobody caught, and goes on: this must end it all the same.
    console.error(sayUncaught(error));
  }
  Deno.exit(code);
}

async function withEnvFile(args: readonly string[], run: () => Promise<number>): Promise<number> {
  if (!args.includes("--worker")) {
    try {
      await useEnvFile();
    } catch (error) {
      return failure(error, "slimline: ");
    }
  }
  return await run();
}

/**
 * What nobody foresaw, as a person can act on it: what this machine refuses in a line, a defect with its
 * stack.
 */
function sayUncaught(error: unknown): unknown {
  if (OF_THE_MACHINE.some((kind) => error instanceof kind)) return `slimline: ${messageOf(error)}`;
  console.error("This is a defect of slimline. Please report it, with what you did and these lines:");
  return error;
}

/** What a disk or a network refuses, and no line of the program can help. */
const OF_THE_MACHINE = [
  Deno.errors.NotCapable,
  Deno.errors.NotFound,
  Deno.errors.PermissionDenied,
  Deno.errors.AlreadyExists,
  Deno.errors.AddrInUse,
  Deno.errors.AddrNotAvailable,
  Deno.errors.ConnectionRefused,
];
