import assert from "node:assert/strict";
import { hasTone } from "../../src/lab/call/tone_detector.ts";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { GREETING, say } from "../support/talk.ts";

Deno.test("businesses of one process speak in the audio format of each", async () => {
  await using rig = await BridgeRig.start({
    emulator: { agent: scriptedAgent([say(GREETING, 1_000)]) },
    businesses: [
      { id: "plain", numbers: ["+15550100001"], audioFormat: "pcmu" },
      { id: "wide", numbers: ["+15550100002"] },
    ],
  });
  const formats = [];
  for (const to of ["+15550100001", "+15550100002"]) {
    const caller = rig.caller({ to, from: "+15550100009" });
    const done = caller.place();
    assert.ok(
      await caller.until(() => caller.player.playedBytes(rig.clock.now()) >= 1_000 * BYTES_PER_MS, 30_000),
    );
    assert.ok(
      hasTone(
        caller.player.heard(rig.clock.now()).subarray(100 * BYTES_PER_MS, 900 * BYTES_PER_MS),
        GREETING,
      ),
    );
    const session = await rig.emulator.session(formats.length + 1);
    formats.push(...session.record.eventsOf("session.update").map((update) => outputFormat(update)));
    caller.hangUp();
    assert.deepEqual((await done).problems, []);
  }
  assert.deepEqual(formats, [{ type: "audio/pcmu" }, { type: "audio/pcm", rate: 24000 }]);
});

function outputFormat(event: object): unknown {
  const { session } = event as { session?: { audio?: { output?: { format?: unknown } } } };
  return session?.audio?.output?.format;
}
