/** Runs the program, and ends the process with its exit code: 1 when it throws, which it is shown for. */
export async function runProgram(run: () => Promise<number>): Promise<never> {
  let code = 1;
  try {
    code = await run();
  } catch (error) {
    // A server takes note of what nobody caught, and goes on: this must end it all the same.
    console.error(error);
  }
  Deno.exit(code);
}
