// `deno task bench:first-audio`: what opening the OpenAI session during the webhook saves the caller. Both servers run in
// turn on the same simulated ways: 75 ms each way between caller and server, 100 ms each way between server and OpenAI.

import { BridgeRig } from "../support/bridge_rig.ts";

const CALLS = 20;
const CALLER_DELAY_MS = 75;
const MODEL_DELAY_MS = 100;

for (const warmSessions of [0, 64, 0, 64]) {
  await using rig = await BridgeRig.start({
    env: { WARM_SESSIONS: String(warmSessions) },
    emulator: { networkDelayMs: MODEL_DELAY_MS },
    network: { delayMs: CALLER_DELAY_MS },
  });
  const waits: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    const caller = rig.caller();
    const done = caller.place();
    await caller.until(() => caller.player.receivedBytes > 0, 10_000);
    caller.hangUp();
    const { firstAudioMs } = await done;
    if (firstAudioMs !== undefined) waits.push(firstAudioMs);
  }
  waits.sort((a, b) => a - b);
  const at = (share: number) =>
    waits[Math.min(waits.length - 1, Math.floor(waits.length * share))].toFixed(0);
  const name = warmSessions === 0 ? "opened at the stream's start" : "opened during the webhook   ";
  console.log(`${name}  first audio after: median ${at(0.5)} ms, p95 ${at(0.95)} ms (${waits.length} calls)`);
}
