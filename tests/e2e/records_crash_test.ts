import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { ServerRig } from "../support/server_rig.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { eventually } from "../support/eventually.ts";

const CALLS = 5;

Deno.test("slimline serve that is killed in the middle of calls has their partial records at its next start", async () => {
  await using rig = await ServerRig.start({
    agent: scriptedAgent([{ say: { toneMs: 400, transcript: "Hello." } }]),
  });
  const { temp } = rig;
  const callSids: string[] = [];
  {
    const callers = Array.from(
      { length: CALLS },
      () => rig.caller({ speech: CallerSpeech.silence(20_000) }),
    );
    callSids.push(...callers.map(({ callSid }) => callSid));
    const placed = callers.map((caller) => caller.place());
    const checkpoints = () =>
      temp.names("data/live").flatMap((folder) => temp.names(`data/live/${folder}`))
        .filter((name) => name.endsWith(".json"));
    await eventually("each call has a checkpoint", () => checkpoints().length === CALLS);
    await rig.server.kill();
    for (const caller of callers) caller.hangUp();
    await Promise.all(placed);
  }

  await rig.startAgain();
  const { server } = rig;
  await eventually("the records are stored", () => {
    return server.log.includes('"service":"records"') && temp.names("data/outbox/store").length === 0;
  });
  await server[Symbol.asyncDispose]();
  using store = await SqliteRecordStore.open(`${temp.path}/data/records.db`, Date.now);
  for (const callSid of callSids) {
    const record = await store.get(callSid);
    assert.ok(record, `the record of ${callSid}`);
    assert.deepEqual([record.reason, record.isPartial, record.streams], ["server_died", true, 1]);
  }
  assert.deepEqual(temp.names("data/live"), []);
  assert.equal(rig.logged("call_recovered").length, CALLS);
});

Deno.test("slimline serve whose data folder cannot be written to says so at its start, and serves", async () => {
  using temp = new TempFolder();
  await Deno.writeTextFile(`${temp.path}/data`, "a file in the folder's place");
  await using rig = await ServerRig.start({ folder: temp.path });
  await eventually("it is said", () => rig.logged("data_folder_unusable").length > 0);
  assert.equal(rig.logged("data_folder_unusable")[0].level, "error");
  const answer = await fetch(`${rig.url}/readyz`);
  assert.equal(answer.status, 200, await answer.text());
});
