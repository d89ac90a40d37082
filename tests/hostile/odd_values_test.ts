import assert from "node:assert/strict";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { attack, requestText } from "../support/http_attacker.ts";
import { BridgeRig } from "../support/bridge_rig.ts";

const FORM = "Content-Type: application/x-www-form-urlencoded";
const CALLED = "+15550100000";

/** A signed webhook: a caller by SIP chooses what `From` says. */
async function voice(rig: BridgeRig, form: Record<string, string>, target = "/voice"): Promise<string> {
  const { authToken, publicUrl } = rig.line;
  const params = new URLSearchParams(form);
  const signature = await new TwilioSigner(authToken).sign(publicUrl + target, params);
  return requestText(target, {
    headers: [FORM, `X-Twilio-Signature: ${signature}`],
    body: params.toString(),
  });
}

const callSid = (index: number) => `CA${String(index).padStart(32, "0")}`;

/** What a caller by SIP may be called. */
const NAMES = [
  "😀".repeat(40),
  '"'.repeat(80),
  "語".repeat(80),
  "<&'>".repeat(20),
  "\\".repeat(80),
  "\u202e".repeat(80),
  "\u0000".repeat(80),
  "a".repeat(20_000),
  " ".repeat(80),
  "%00".repeat(80),
];

Deno.test("no number or address of a caller makes the server fail, or holds what no call uses", async () => {
  await using rig = await BridgeRig.start({ env: { MAX_CALLS: "8" } });
  const { port } = new URL(rig.line.server);
  let streamed = 0;
  for (const [index, name] of NAMES.entries()) {
    for (const parties of [{ From: name, To: CALLED }, { From: CALLED, To: name }]) {
      const form = { CallSid: callSid(index * 2 + (parties.From === name ? 0 : 1)), ...parties };
      const { status, text } = await attack(Number(port), await voice(rig, form));
      assert.ok(status === 200 || status === 400, `${name.slice(0, 4)}: ${status} ${text}`);
      if (/<Stream/.test(text)) streamed++;
      // The call ends before its stream begins, as Twilio says.
      const end = await voice(rig, { CallSid: form.CallSid, CallStatus: "completed" }, "/voice/status");
      await attack(Number(port), end);
    }
  }
  assert.ok(streamed >= 10, `${streamed} were streamed`);
  const metrics = await (await rig.get("/metrics")).text();
  assert.match(metrics, /^slimline_admission_slots\{state="reserved"\} 0$/m);
  assert.deepEqual(rig.log.events.filter(({ event }) => event === "request_failed"), []);
});

Deno.test("a webhook is believed that Twilio's library believes: any port, any characters, either token", async () => {
  const settings: Record<string, string>[] = [
    {},
    { PUBLIC_URL: "https://bridge.test:8443" },
    { TWILIO_AUTH_TOKEN: "the next one, the rig's auth token" },
  ];
  for (const env of settings) {
    await using rig = await BridgeRig.start({ env });
    const { port } = new URL(rig.line.server);
    for (
      const [index, target] of ["/voice", "/voice?name=O'Brien", "/voice?name=O%27Brien&x=a+b~c(d)"].entries()
    ) {
      const { status, text } = await attack(
        Number(port),
        await voice(rig, { CallSid: callSid(index), From: CALLED, To: CALLED }, target),
      );
      assert.equal(status, 200, `${target} with ${JSON.stringify(env)}`);
      assert.match(text, /<Stream/);
    }
  }
});
