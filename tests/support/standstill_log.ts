// Preloaded into a server, this says on standard error how long it stood still, since the machine was busy with other
// things: what it was asked meanwhile came late for no reason of its own.

import { STALL_STEP_MS } from "./stall_watch.ts";

/** What is shorter makes nothing late that is measured by hundreds of milliseconds. */
const SHORTEST_MS = 20;

function watch(): void {
  const fromMs = Date.now() + STALL_STEP_MS;
  const timer = setTimeout(() => {
    const toMs = Date.now();
    if (toMs - fromMs >= SHORTEST_MS) console.error(JSON.stringify({ event: "stood_still", fromMs, toMs }));
    watch();
  }, STALL_STEP_MS);
  Deno.unrefTimer(timer);
}

watch();
