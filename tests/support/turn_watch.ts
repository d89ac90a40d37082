// Preloaded into a server, this takes a turn of the event loop after the other, and tells the longest: how much CPU time
// the process used between two of them, which a busy machine does not make longer. It begins at a SIGUSR2 and ends at the
// next one, and says so on standard error.

import process from "node:process";

let turns: MessagePort | undefined;
let longestMs = 0;

/** What the process has used so far, all of its threads together: what one has used is known to 10 ms only. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function begin(): void {
  const { port1, port2 } = new MessageChannel();
  let lastMs = cpuMs();
  longestMs = 0;
  port2.onmessage = () => {
    const nowMs = cpuMs();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
    turns?.postMessage(0);
  };
  turns = port1;
  turns.postMessage(0);
  console.error(JSON.stringify({ event: "watching_turns" }));
}

function end(): void {
  turns?.close();
  turns = undefined;
  console.error(JSON.stringify({ event: "longest_turn", longestMs }));
}

Deno.addSignalListener("SIGUSR2", () => turns ? end() : begin());
