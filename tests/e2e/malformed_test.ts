import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/emulator/realtime/agents/scripted_agent.ts";
import { BridgeRig, eventually } from "../support/bridge_rig.ts";

/** What may come in over a stream that is not as it should be, and whether the stream outlives it. */
const MALFORMED: { what: string; text: string; survives: boolean }[] = [
  { what: "text that is no JSON", text: "{not json", survives: true },
  { what: "JSON that is no object", text: "[1,2]", survives: true },
  { what: "a message of 1 MB", text: `{"event":"media","x":"${"a".repeat(1 << 20)}"}`, survives: false },
  {
    what: "a wrong streamSid",
    text:
      `{"event":"media","sequenceNumber":"9","media":{"track":"inbound","chunk":"8","timestamp":"160","payload":"//8="},"streamSid":"MZ${
        "0".repeat(32)
      }"}`,
    survives: true,
  },
  { what: "an unknown event", text: `{"event":"weather"}`, survives: true },
];

for (const { what, text, survives } of MALFORMED) {
  Deno.test(`${what} ${survives ? "is ignored" : "ends that stream"} and touches no other call`, async () => {
    await using rig = await BridgeRig.start({
      emulator: { agent: scriptedAgent([{ say: { toneMs: 3_000 } }]) },
    });
    const [bad, good] = [rig.caller(), rig.caller()];
    const reports = [bad.place(), good.place()];
    for (const caller of [bad, good]) assert.ok(await caller.until(() => caller.isConnected, 5_000));
    bad.leg?.sendRaw(text);
    if (!survives) await eventually("the stream ended", () => bad.isOver);
    assert.ok(await good.until(() => good.player.playedBytes(rig.clock.now()) >= 3_000 * 8, 8_000));
    if (survives) assert.ok(bad.player.playedBytes(rig.clock.now()) >= 2_900 * 8, "the call went on");
    bad.hangUp();
    good.hangUp();
    const [, report] = await Promise.all(reports);
    assert.deepEqual(report.problems, []);
    assert.equal((await fetch(`${rig.line.server}/healthz`).then((answer) => answer.json())).status, "ok");
  });
}

Deno.test("an upgrade without Twilio's signature is refused, and one without a token is closed with 1008", async () => {
  await using rig = await BridgeRig.start();
  const unsigned = await fetch(`${rig.line.server}/media/stream`, {
    headers: { connection: "upgrade", upgrade: "websocket" },
  });
  await unsigned.body?.cancel();
  assert.ok([403, 426].includes(unsigned.status), String(unsigned.status));

  const stream = `<Response><Connect><Stream url="wss://bridge.test/media/stream"/></Connect></Response>`;
  const caller = rig.caller({ answer: { twiml: stream } });
  const report = await caller.place();
  assert.deepEqual(report.streams.map(({ by, code }) => ({ by, code })), [{ by: "server", code: 1008 }]);
  assert.equal(rig.app.calls.total, 0);
});
