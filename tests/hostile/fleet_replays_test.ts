import assert from "node:assert/strict";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { TalkingCaller } from "../../src/lab/load/talking_caller.ts";
import { sleep } from "../../src/util/clock.ts";
import { eventually } from "../support/eventually.ts";
import { ACCOUNT_SID, AUTH_TOKEN, FleetProcesses } from "../support/fleet_processes.ts";
import { attack, requestText } from "../support/http_attacker.ts";
import { NO_MONGODB } from "../support/mongo/mongo_server.ts";
import { Nginx } from "./nginx.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
const PUBLIC_URL = "https://voice.example.com";
const signer = new TwilioSigner(AUTH_TOKEN);
/** What Twilio asks about a call that has a stream, and about one that has come back from somewhere. */
const TARGETS = [
  "/voice",
  "/voice/after-stream?business=acme",
  "/voice/after-stream?business=acme&again=1",
  "/voice/resume?business=acme&resume=digits_sent",
  "/voice/dial-done?business=acme",
];
const TIMES = 3;

/** Sends a signed webhook of a call once more. */
async function replay(port: number, target: string, callSid: string): Promise<void> {
  const form = new URLSearchParams({
    CallSid: callSid,
    AccountSid: ACCOUNT_SID,
    From: "+15550100001",
    To: "+15550100000",
    CallStatus: "in-progress",
  });
  const headers = [
    `X-Twilio-Signature: ${await signer.sign(PUBLIC_URL + target, form)}`,
    "Content-Type: application/x-www-form-urlencoded",
  ];
  await attack(port, requestText(target, { headers, body: form.toString() }));
}

Deno.test({
  name:
    "Signed webhooks of a live call that are sent again, to every instance of a fleet at once, neither end nor take the call, " +
    `and leave no session open${missing === undefined ? "" : ` (${missing})`}`,
  ignore: missing !== undefined,
  async fn() {
    await using fleet = await FleetProcesses.start({
      instances: 2,
      business: { limits: { callsAtOnce: 1 } },
    });
    await fleet.haveShares();
    let untilMs = Infinity;
    const connected = Promise.withResolvers<void>();
    const caller = new TalkingCaller(fleet.line, connected.resolve);
    const talk = caller.talk(() => untilMs);
    await connected.promise;
    await sleep(fleet.clock, 3_000);
    const callSid = /"event":"call_started","call":"(CA\w+)"/.exec(fleet.log)![1];
    for (let times = 0; times < TIMES; times++) {
      await Promise.all(
        TARGETS.flatMap((target) => fleet.ports.map((port) => replay(port, target, callSid))),
      );
    }
    await sleep(fleet.clock, 5_000);
    untilMs = 0;
    const { report } = await talk;
    assert.deepEqual(callFaults(report), []);
    assert.equal(report.endedBy, "caller");
    assert.equal(fleet.count("call_started"), 1);
    await eventually(
      "no session is left",
      () => fleet.emulator.sessions.every(({ record }) => record.endedMs !== undefined),
      60_000,
    );
    const kept = async () =>
      (await (await fleet.get(0, `/records?call=${callSid}`)).text()).includes('"caller_hung_up"');
    await eventually("its record says how it ended", kept, 20_000);
  },
});
