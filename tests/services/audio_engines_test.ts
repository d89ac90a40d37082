import assert from "node:assert/strict";
import { AudioEngines } from "../../src/services/audio_engines.ts";
import { ServiceRegistry } from "../../src/services/service_registry.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RecordingLog } from "../support/recording_log.ts";

Deno.test("AudioEngines opens one engine for each format, keeps it in use, and counts its transcoders", async () => {
  await using registry = new ServiceRegistry(new ManualClock(), new RecordingLog());
  const engines = new AudioEngines(registry, "polyphase");
  const [first, second] = await Promise.all([engines.of("pcm24k"), engines.of("pcm24k")]);
  assert.equal(first, second);
  assert.equal(await engines.of("pcm24k"), first);
  const pcmu = await engines.of("pcmu");
  using _one = first.open();
  using _other = pcmu.open();
  assert.equal(engines.openCount, 2);
  assert.equal(await registry.closeIdle(), 0, "what memory pressure closes would be made a second time");
  assert.deepEqual(
    registry.report().map(({ name, state, users, measures }) => ({ name, state, users, measures })),
    [
      { name: "audio_polyphase", state: "open", users: 1, measures: { transcoders: 1 } },
      { name: "audio_pcmu", state: "open", users: 1, measures: { transcoders: 1 } },
    ],
  );
});
