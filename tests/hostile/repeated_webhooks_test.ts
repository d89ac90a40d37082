import assert from "node:assert/strict";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { attack, frame, openSocket, requestText } from "../support/http_attacker.ts";
import { startText } from "../support/stream_messages.ts";
import { WorkersRig } from "../support/workers_rig.ts";

const WORKERS = 3;
const REPLAYS = 24;
const PUBLIC_URL = "https://voice.test";
const signer = new TwilioSigner("a test's auth token");
const CALL = { CallSid: `CA${"7".repeat(32)}`, From: "+15550100001", To: "+15550100000" };

/** A webhook as Twilio has signed it once: whoever saw it can send it again. */
async function signedVoice(form: Record<string, string> = CALL): Promise<string> {
  const params = new URLSearchParams(form);
  return requestText("/voice", {
    headers: [
      `X-Twilio-Signature: ${await signer.sign(`${PUBLIC_URL}/voice`, params)}`,
      "Content-Type: application/x-www-form-urlencoded",
    ],
    body: params.toString(),
  });
}

Deno.test("a webhook or an upgrade that is sent again gives no second stream, over workers neither", async () => {
  await using rig = await WorkersRig.start(WORKERS, { DRAIN_SECONDS: "0" });
  const { port } = rig;
  const voice = await signedVoice();
  const replayVoice = () => Promise.all(Array.from({ length: REPLAYS }, () => attack(port, voice)));
  const target = /wss:\/\/voice\.test([^"]+)"/.exec((await attack(port, voice)).text)?.[1] ?? "";
  const signed = [`X-Twilio-Signature: ${await signer.sign(`wss://voice.test${target}`)}`];
  const replayUpgrade = async () => {
    const statuses: number[] = [];
    for (let sent = 0; sent < REPLAYS; sent++) {
      const { conn, status } = await openSocket(port, target, signed);
      conn.close();
      statuses.push(status);
    }
    return statuses;
  };
  const none = Array(REPLAYS).fill(403);

  const { conn, status } = await openSocket(port, target, signed);
  assert.equal(status, 101);
  await conn.write(frame(1, startText(CALL.CallSid)));
  await rig.eventually("the call is live", async () => (await rig.memory()).activeCalls === 1);
  assert.deepEqual(await replayUpgrade(), none, "while the call is live");
  for (const { text } of await replayVoice()) assert.doesNotMatch(text, /<Stream/, "while the call is live");

  conn.close();
  await rig.eventually("the call is over", async () => (await rig.memory()).activeCalls === 0);
  assert.deepEqual(await replayUpgrade(), none, "when it is over");
  for (const { status, text } of await replayVoice()) {
    assert.equal(status, 200);
    assert.doesNotMatch(text, /<Stream/, "when it is over");
  }
  assert.equal(rig.emulator.stats().sessionsOpened, 1, "no session was opened for any of them");

  const other = await attack(port, await signedVoice({ ...CALL, CallSid: `CA${"8".repeat(32)}` }));
  assert.match(other.text, /<Stream/, "another call is taken");
  assert.match(rig.log, /"event":"call_repeated"/);
  assert.match(rig.log, /"event":"stream_refused"/);
});
