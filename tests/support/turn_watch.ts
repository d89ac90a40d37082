// Preloaded into a server, this takes a turn of the event loop after the other, and tells the longest: how much CPU time its
// thread used between two of them, which neither a busy machine nor another thread makes longer. It begins at a SIGUSR2 and
// ends at the next one, and says so on standard error.

import { threadCpuMs } from "./thread_cpu.ts";

let turns: MessagePort | undefined;
let longestMs = 0;

function begin(): void {
  const { port1, port2 } = new MessageChannel();
  let lastMs = threadCpuMs();
  longestMs = 0;
  port2.onmessage = () => {
    const nowMs = threadCpuMs();
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
