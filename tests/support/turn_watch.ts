// Preloaded into a server, this takes a turn of the event loop after the other, and tells the longest: how much CPU time
// its thread used between two of them, which a busy machine does not make longer. It begins at a SIGUSR2 and ends at the
// next one, and says so on standard error.

import process from "node:process";

let turns: MessagePort | undefined;
let longestMs = 0;

/** What the thread of the event loop has used so far: what others do meanwhile, such as to compile, holds nothing up. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
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
