import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { parseTwiml } from "../../src/lab/twilio/parse_twiml.ts";
import { openSocket } from "../support/http_attacker.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { eventually } from "../support/eventually.ts";
import { QUICK } from "../support/talk.ts";
import { TempFolder } from "../support/temp_folder.ts";

const HOUR_MS = 3_600_000;
/** Time in which a session that is taken to be at its end is replaced again and again. */
const CHURN_MS = 2_500;

/** Each says something, and hears an answer. */
async function isAnswered(rig: BridgeRig, caller: SimulatedCaller): Promise<void> {
  const before = caller.player.receivedBytes;
  caller.speech.say(CallerSpeech.tone(440, 800));
  const isHeard = () => caller.player.receivedBytes > before;
  await eventually("the caller is answered", isHeard);
  const isOut = () => caller.player.endMs < rig.clock.now();
  await eventually("and has heard it", isOut);
}

async function greeted(rig: BridgeRig): Promise<SimulatedCaller> {
  const caller = rig.caller();
  void caller.place();
  await eventually("the caller is greeted", () => caller.player.receivedBytes > 0);
  await eventually("to the end", () => caller.player.endMs < rig.clock.now());
  return caller;
}

for (
  const [what, jumps] of [
    ["forward by an hour and back", [HOUR_MS, 0]],
    ["back by an hour and forward again", [-HOUR_MS, 0]],
    ["forward by fifty-nine minutes, for good", [59 * 60_000, 59 * 60_000]],
  ] as const
) {
  Deno.test(`The machine's clock jumps ${what}: calls go on, new ones are taken, no session is replaced for it, and records are right`, async () => {
    using temp = new TempFolder();
    const dataDir = `${temp.path}/data`;
    const say = { say: { toneMs: 600, transcript: "Hello." } };
    const callSids: string[] = [];
    const startedMs = Date.now();
    let endedMs = 0;
    {
      await using rig = await BridgeRig.start({
        business: QUICK,
        keepsRecords: true,
        env: { DATA_DIR: dataDir },
        emulator: { agent: scriptedAgent([say, say, say, say]) },
      });
      let offsetMs = 0;
      rig.serverClock.epoch = () => Date.now() + offsetMs;
      const callers = [await greeted(rig)];
      for (const jumpMs of jumps) {
        offsetMs = jumpMs;
        callers.push(await greeted(rig));
        await Promise.all(callers.map((caller) => isAnswered(rig, caller)));
      }
      await new Promise((resolve) => setTimeout(resolve, CHURN_MS));
      const { sessionsOpened } = rig.emulator.stats();
      assert.ok(
        sessionsOpened <= callers.length + 2,
        `${sessionsOpened} sessions for ${callers.length} calls`,
      );
      for (const caller of callers) {
        assert.equal(caller.isOver, false);
        caller.hangUp();
      }
      await eventually("all are over", () => rig.summaries.length === callers.length);
      assert.deepEqual(rig.summaries.map(({ reason }) => reason), callers.map(() => "caller_hung_up"));
      callSids.push(...callers.map(({ callSid }) => callSid));
      endedMs = Date.now();
      const wrong = rig.log.events.filter(({ level, event }) => level === "error" || event === "agent_down");
      assert.deepEqual(wrong, []);
    }
    using store = await SqliteRecordStore.open(`${dataDir}/records.db`, Date.now);
    for (const callSid of callSids) {
      const record = await store.get(callSid);
      assert.ok(record && !record.isPartial, `${callSid} is kept`);
      const { startedAt, endedAt, durationMs } = record;
      assert.ok(durationMs > 0 && durationMs < endedMs - startedMs + 1_000, `${durationMs} ms`);
      assert.equal(Date.parse(endedAt ?? "") - Date.parse(startedAt), durationMs);
    }
  });
}

Deno.test("The machine's clock jumps forward between a call's webhook and its stream: that stream is refused, the next call is taken", async () => {
  await using rig = await BridgeRig.start({ business: QUICK });
  const { publicUrl, server, authToken } = rig.line;
  const signer = new TwilioSigner(authToken);
  const form = new URLSearchParams({
    CallSid: `CA${"7".repeat(32)}`,
    AccountSid: rig.line.accountSid,
    From: "+15550100001",
    To: "+15550100000",
  });
  const answer = await fetch(`${server}/voice`, {
    method: "POST",
    headers: { "x-twilio-signature": await signer.sign(`${publicUrl}/voice`, form) },
    body: form,
  });
  const [connect, ...fallback] = parseTwiml(await answer.text());
  assert.ok(connect.verb === "Connect");
  rig.serverClock.epoch = () => Date.now() + HOUR_MS;
  const { url } = connect.stream;
  const { conn, status } = await openSocket(Number(new URL(server).port), new URL(url).pathname, [
    `X-Twilio-Signature: ${await signer.sign(url)}`,
  ]);
  conn.close();
  assert.equal(status, 403);
  assert.ok(fallback.length > 0 || connect.action, "Twilio goes on with the fallback");
  const refused = rig.log.events.filter(({ event }) => event === "stream_refused");
  assert.deepEqual(refused.map(({ attributes }) => attributes.reason), ["token_expired"]);
  const caller = await greeted(rig);
  caller.hangUp();
  await eventually("it is over", () => rig.summaries.length === 1);
});
