import { useEnvFile } from "../config/environment.ts";
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
    console.error(error);
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
