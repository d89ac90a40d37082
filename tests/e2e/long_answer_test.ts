import assert from "node:assert/strict";
import { sideBySide } from "../support/side_by_side.ts";
import { ANSWER, GREETING, say, sessions, Talk } from "../support/talk.ts";

const test = sideBySide("answers longer than what may wait, end to end");

const LEAD_MS = 1_000;
const BUFFER_MS = 2_000;

test("an answer longer than the buffer ends there: the caller hears what fits, and model and record know how much", async () => {
  await using talk = await Talk.startSpoken({
    env: { PLAYBACK_LEAD_MS: `${LEAD_MS}`, OUTPUT_BUFFER_MS: `${BUFFER_MS}` },
    emulator: { agent: sessions([say(GREETING), say(ANSWER, 9_000)]), speed: 20 },
  });
  const beforeMs = talk.heardMs;
  await talk.hears(ANSWER);
  const { record } = await talk.session(1);
  await talk.until("the model is told", () => record.truncations.length === 1);
  await talk.hearsOut();
  const keptMs = record.truncations[0].audioEndMs;
  // What the caller has heard meanwhile makes room; a machine that stands still makes none.
  assert.ok(keptMs >= LEAD_MS + BUFFER_MS && keptMs < 9_000, `${keptMs} ms were kept`);
  assert.ok(
    Math.abs(talk.heardMs - beforeMs - keptMs) < 250,
    `${talk.heardMs - beforeMs} of ${keptMs} ms were heard`,
  );
  await talk.hangUp();
  const { log, summaries } = talk.rig;
  assert.deepEqual(
    log.events.filter(({ event }) => event === "answer_too_long").map(({ attributes }) => attributes.keptMs),
    [keptMs],
  );
  assert.equal(log.names.filter((name) => name === "output_buffer_full").length, 1);
  const said = summaries[0].transcript.filter(({ kind }) => kind === "assistant");
  assert.equal(said.length, 2);
  assert.equal((said[1] as { cut: boolean }).cut, true);
});
