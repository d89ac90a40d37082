/** Sends a process a signal, unless it has ended already. */
export function killProcess(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // which the runtime throws for one that has ended
  }
}
