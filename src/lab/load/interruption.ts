import { ProcessError } from "../../cli/self.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** A promise that only ever rejects, with a {@link ProcessError}, once `signal` says so. */
export function interruption(signal: AbortSignal | undefined): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // while the processes are being started nobody waits for it
  const interrupt = () => reject(new ProcessError("Interrupted."));
  if (signal?.aborted) interrupt();
  signal?.addEventListener("abort", interrupt);
  return promise;
}

/** Runs a measurement that SIGTERM and SIGINT interrupt, so that it can end what it has started. */
export async function interruptible<Report>(
  measure: (signal: AbortSignal) => Promise<Report>,
): Promise<Report> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  try {
    return await measure(interrupt.signal);
  } finally {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
  }
}
