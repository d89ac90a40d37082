import assert from "node:assert/strict";
import { BridgeRig, RIG_ADMIN_TOKEN } from "../support/bridge_rig.ts";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { PlacedLately } from "../../src/admission/placed_calls.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { SimulatedOutboundCall } from "../../src/lab/twilio/simulated_outbound_call.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { ACCOUNT_SID, AUTH_TOKEN, ServerRig } from "../support/server_rig.ts";

const OWN = "+12025550100";
const OTHERS = "+12025550199";

/** Whoever has the operators' token, or the operators' own program when it goes wrong, places calls. */
async function office(outbound: Partial<typeof DEFAULT_BUSINESS.outbound>) {
  const rig = await BridgeRig.start({
    business: { id: "acme", numbers: [OWN], outbound: { ...DEFAULT_BUSINESS.outbound, ...outbound } },
    called: { outcome: "busy", ringMs: 5 },
  });
  const call = async (to: string, from?: string) => {
    const response = await fetch(`${rig.line.server}/calls`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${RIG_ADMIN_TOKEN}` },
      body: JSON.stringify({ to, from, business: "acme" }),
    });
    const { code = "placed" } = await response.json();
    return `${response.status} ${code}`;
  };
  return { rig, call, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
}

/** 300 requests, several at once: more than a few of one source at the same moment count as guesses of the token. */
async function flood(call: (index: number) => Promise<string>): Promise<string[]> {
  const answers: string[] = [];
  for (let index = 0; index < 300; index += AT_ONCE) {
    answers.push(...await Promise.all(Array.from({ length: AT_ONCE }, (_, more) => call(index + more))));
  }
  return answers;
}

const AT_ONCE = 4;

function counted(answers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

Deno.test("300 calls at once to premium numbers and to others' countries place none", async () => {
  await using office_ = await office({ to: ["own country", "+49"], callsPerMinute: 1_000 });
  const numbers = ["+19005550123", "+881612345678", "+499001234567", "+18765550123", "+79991234567"];
  const answers = await flood((index) => office_.call(numbers[index % numbers.length]));
  assert.deepEqual(counted(answers), { "403 outbound_costly": 180, "403 outbound_not_listed": 120 });
  assert.equal(office_.rig.placed.length, 0);
  assert.ok(office_.rig.log.names.includes("call_not_placed"));
  assert.equal(await office_.call("+13105550123", OTHERS), "400 caller_invalid");
  assert.equal(office_.rig.placed.length, 0);
});

Deno.test("300 calls at once place as many as the business may place a minute, or a day", async () => {
  for (
    const [limits, code] of [[{ callsPerMinute: 7 }, "calls_per_minute"], [{
      callsPerMinute: 1_000,
      callsPerDay: 9,
    }, "calls_per_day"]] as const
  ) {
    await using office_ = await office({ to: ["own country"], ...limits });
    const startMs = performance.now();
    const answers = await flood(() => office_.call("+13105550123"));
    const minutes = (performance.now() - startMs) / 60_000;
    const placed = "callsPerDay" in limits ? 9 : 7;
    const more = "callsPerDay" in limits ? 0 : Math.ceil(minutes * placed); // room comes back evenly
    const { [`429 ${code}`]: refused, "201 placed": accepted } = counted(answers);
    assert.ok(accepted >= placed && accepted <= placed + more, `${accepted} placed in ${minutes} minutes`);
    assert.equal(refused, 300 - accepted);
    assert.equal(office_.rig.placed.length, accepted);
  }
});

Deno.test("A server that is killed and started again lets a business place no more calls a day than before", async () => {
  const outbound = { to: ["own country"], callsPerMinute: 1_000, callsPerDay: 3 };
  await using api = new EmulatedTwilioApi({
    clock: new SystemClock(),
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    onCreate: (request) =>
      new SimulatedOutboundCall(request, { line: started.line, outcome: "busy", ringMs: 5 }),
  });
  await using started = await ServerRig.start({
    businesses: { "acme.json": { name: "Acme", numbers: [OWN], instructions: "Help.", outbound } },
    env: { TWILIO_API_URL: api.url },
  });
  const call = async () => {
    const body = JSON.stringify({ to: "+13105550123" });
    const headers = { "content-type": "application/json" };
    const response = await started.ask("/calls", { method: "POST", headers, body });
    const { code = "placed" } = await response.json();
    return `${response.status} ${code}`;
  };
  /** What all of its processes have written down. */
  const kept = () => {
    const files = started.temp.names("data/outbound").filter((name) => name.endsWith(".json"));
    const entries: [string, PlacedLately][] = files.flatMap((name) =>
      JSON.parse(Deno.readTextFileSync(`${started.temp.path}/data/outbound/${name}`))
    );
    return entries.reduce((sum, [, { calls }]) => sum + calls, 0);
  };
  assert.equal(await call(), "201 placed");
  assert.equal(await call(), "201 placed");
  await eventually("they are kept", () => kept() === 2);
  await started.server.kill();
  await started.startAgain();
  assert.equal(await call(), "201 placed");
  assert.equal(await call(), "429 calls_per_day");
  await eventually("the third is kept", () => kept() === 3);
  await started.server.kill();
  await started.startAgain();
  assert.equal(await call(), "429 calls_per_day");
});
