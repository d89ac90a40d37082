import assert from "node:assert/strict";
import { FleetLink, NO_ANSWER, TAKE_WITHIN_MS } from "../../src/cluster/mongo/fleet_link.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { ModelledDatabase } from "./modelled_store.ts";

/** A link that has connected. */
async function connected() {
  const clock = new ManualClock();
  const store = new ModelledDatabase(clock, () => 1).store();
  const link = new FleetLink({
    clock,
    log: new RecordingLog(),
    connect: () => Promise.resolve(store),
    onAway: () => {},
  });
  assert.equal(await link.probe(() => Promise.resolve()), "there");
  return { clock, link };
}

for (const question of ["ask", "askUnlessSilent"] as const) {
  Deno.test(`A process that stood still reads the answer that came meanwhile: ${question}()`, async () => {
    const { clock, link } = await connected();
    const came = Promise.withResolvers<string>();
    const answer = link[question](() => came.promise, clock.awake() + TAKE_WITHIN_MS);
    clock.standStill(2 * TAKE_WITHIN_MS);
    await settle();
    came.resolve("there it is");
    assert.equal(await answer, "there it is");
    assert.equal(link.isAway, false);
  });

  Deno.test(`A database that says nothing while this process works is away: ${question}()`, async () => {
    const { clock, link } = await connected();
    const ask = () => link[question](() => new Promise(() => {}), clock.awake() + TAKE_WITHIN_MS);
    for (let passedMs = 0; !link.isAway; passedMs += TAKE_WITHIN_MS) {
      assert.ok(passedMs <= TAKE_WITHIN_MS);
      const answer = ask();
      clock.advance(TAKE_WITHIN_MS);
      assert.equal(await answer, NO_ANSWER);
    }
  });
}
