import assert from "node:assert/strict";
import { AuthTokens } from "../../../src/carrier/twilio/auth_tokens.ts";
import { type Business, DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import { CallRegistry } from "../../../src/lab/twilio/emulated_call.ts";
import {
  EmulatedTwilioApi as Api,
  type OutboundRequest,
} from "../../../src/lab/twilio/emulated_twilio_api.ts";
import {
  MAX_PLACE_CALL_BYTES,
  placeCall,
  RING_RESERVATION_MS,
} from "../../../src/carrier/twilio/place_call.ts";
import type { Handler } from "../../../src/http/router.ts";
import { TwilioRest } from "../../../src/carrier/twilio/twilio_rest.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { CALL_SID, CALLED, CALLER, PUBLIC_URL, WebhookRig } from "../../support/webhook_rig.ts";

const ACCOUNT_SID = "AC" + "1".repeat(32);
const AUTH_TOKEN = "a test's auth token";
const clock = new SystemClock();

interface Office {
  rig: WebhookRig;
  api: Api;
  created: OutboundRequest[];
  handler: Handler;
}

/** `POST /calls` of one business `acme`, with one slot, in front of the emulated API. */
async function withOffice(
  run: (office: Office) => Promise<void>,
  options: { number?: string; accountSid?: string; business?: Partial<Business> } = {
    number: CALLED,
    accountSid: ACCOUNT_SID,
  },
): Promise<void> {
  const created: OutboundRequest[] = [];
  await using api = new Api({
    clock,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    registry: new CallRegistry(),
    onCreate: (request) => {
      created.push(request);
      const { to, from } = request;
      return { callSid: CALL_SID, to, from, direction: "outbound-api", status: "queued", update: () => true };
    },
  });
  const outbound = { ...DEFAULT_BUSINESS.outbound, to: ["own country"] };
  const rig = new WebhookRig({ outbound, ...options.business }, 1, options.number);
  const handler = placeCall({
    ...rig,
    rest: new TwilioRest({ apiUrl: api.url, authTokens: new AuthTokens(AUTH_TOKEN), clock, timeoutMs: 100 }),
    twilioAccountSid: options.accountSid,
  });
  await run({ rig, api, created, handler });
}

async function post(handler: Handler, body: unknown, contentType = "application/json") {
  const request = new Request("http://127.0.0.1/calls", {
    method: "POST",
    headers: { "content-type": contentType },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const response = await handler(request, "127.0.0.1");
  return { status: response.status, body: await response.json() };
}

Deno.test("POST /calls places a call that comes back to /voice, with a slot for as long as it may ring", async () => {
  await withOffice(async ({ rig, created, handler }) => {
    const answer = await post(handler, { to: CALLER });
    assert.deepEqual(answer, { status: 201, body: { callSid: CALL_SID } });
    const form = Object.fromEntries(created[0].form);
    assert.deepEqual([form.To, form.From, form.MachineDetection], [CALLER, CALLED, undefined]);
    const url = new URL(form.Url);
    assert.equal(url.origin + url.pathname, `${PUBLIC_URL}/voice`);
    assert.equal(url.searchParams.get("business"), "acme");
    assert.equal(
      form.StatusCallback,
      `${PUBLIC_URL}/voice/status?business=acme&slot=${url.searchParams.get("slot")}`,
    );
    assert.equal(rig.admission.inUse, 1);
    rig.clock.advance(RING_RESERVATION_MS);
    assert.equal(rig.admission.inUse, 0);
  });
});

for (
  const [wanted, detection] of [["hang_up", "Enable"], ["leave_message", "DetectMessageEnd"]] as const
) {
  Deno.test(`POST /calls asks Twilio for ${detection} to ${wanted}`, async () => {
    await withOffice(async ({ created, handler }) => {
      const from = CALLED;
      const asked = { to: CALLER, from, business: "acme", machineDetection: wanted };
      assert.equal((await post(handler, asked)).status, 201);
      const form = Object.fromEntries(created[0].form);
      assert.deepEqual([form.From, form.MachineDetection], [from, detection]);
      assert.equal(new URL(form.Url).searchParams.get("machine"), wanted);
    });
  });
}

Deno.test("POST /calls names everything that is wrong with a request at once", async () => {
  await withOffice(async ({ rig, api, handler }) => {
    const e164 = "must be E.164: + and 7 to 15 digits, such as +15550100000.";
    const wrong = { to: "0155", from: 5, machineDetection: "maybe", loud: true, business: "A B" };
    assert.deepEqual(await post(handler, wrong), {
      status: 400,
      body: {
        code: "request_invalid",
        problems: [
          `to ${e164}`,
          "from must be a text.",
          "business must be the id of a business.",
          "machineDetection must be off, hang_up or leave_message.",
          "loud is not known here.",
        ],
      },
    });
    for (const body of ["", "{", "null", "[]", "7", "{}", { to: "+1 555 010 0001" }, { to: null }]) {
      const answer = await post(handler, body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.equal(answer.body.problems.length, 1);
    }
    assert.deepEqual(await post(handler, { to: CALLER, business: "nobody" }), {
      status: 400,
      body: {
        problems: ["business nobody is not one of those that are configured."],
        code: "caller_invalid",
      },
    });
    assert.equal(api.requests.length, 0);
    assert.equal(rig.admission.inUse, 0);
  });
});

Deno.test("POST /calls takes no number to call from that is not the business's own", async () => {
  await withOffice(async ({ api, handler }) => {
    for (const business of [undefined, "acme"]) {
      const answer = await post(handler, { to: CALLER, from: "+15550100002", business });
      assert.deepEqual([answer.status, answer.body.code], [400, "caller_invalid"]);
    }
    assert.equal(api.requests.length, 0);
  });
  await withOffice(async ({ handler }) => {
    for (const from of [undefined, CALLED]) {
      assert.equal(
        (await post(handler, { to: CALLER, from })).status,
        400,
        "the business has no number at all",
      );
    }
  }, { accountSid: ACCOUNT_SID });
});

Deno.test("POST /calls calls nobody for a business that lists nobody, and says what to write", async () => {
  await withOffice(async ({ api, handler }) => {
    const { status, body } = await post(handler, { to: CALLER });
    assert.deepEqual([status, body.code], [403, "outbound_off"]);
    assert.match(body.problems[0], /"outbound": \{ "to": \["own country"\] \}/);
    assert.equal(api.requests.length, 0);
  }, { number: CALLED, accountSid: ACCOUNT_SID, business: { outbound: DEFAULT_BUSINESS.outbound } });
});

Deno.test("POST /calls takes JSON only, and not too much of it", async () => {
  await withOffice(async ({ handler }) => {
    assert.equal((await post(handler, { to: CALLER }, "text/plain")).status, 415);
    const large = JSON.stringify({ to: CALLER }).padEnd(MAX_PLACE_CALL_BYTES + 1);
    assert.equal((await post(handler, large)).status, 413);
    assert.equal((await post(handler, large.slice(0, -1))).status, 201);
  });
});

Deno.test("POST /calls hands Twilio's words on, and gives the slot back", async () => {
  await withOffice(async ({ rig, api, handler }) => {
    api.failNext({ status: 400, code: 21211, message: "The 'To' number is not valid." });
    assert.deepEqual(await post(handler, { to: CALLER }), {
      status: 502,
      body: {
        problems: ["Twilio answered 400 (21211): The 'To' number is not valid."],
        code: "twilio_refused",
        twilioCode: 21211,
      },
    });
    assert.equal(rig.admission.inUse, 0);
  });
});

Deno.test("POST /calls keeps the slot of a call that may ring although Twilio did not say so", async () => {
  for (const [broken, code] of [[{ status: 500 }, "twilio_failed"], ["timeout", "twilio_timeout"]] as const) {
    await withOffice(async ({ rig, api, handler }) => {
      api.failNext(broken);
      const { status, body } = await post(handler, { to: CALLER });
      assert.deepEqual([status, body.code], [502, code]);
      assert.equal(api.requests.length, 1);
      assert.equal(rig.admission.inUse, 1);
    });
  }
});

Deno.test("POST /calls places nothing when there is no slot, while draining, or without an account", async () => {
  await withOffice(async ({ rig, api, handler }) => {
    rig.admission.reserve("another");
    assert.deepEqual(await post(handler, { to: CALLER }), {
      status: 503,
      body: { problems: ["No call can be taken on: full."], code: "full" },
    });
    rig.admission.drain();
    assert.equal((await post(handler, { to: CALLER })).status, 503);
    assert.equal(api.requests.length, 0);
  });
  await withOffice(async ({ handler }) => {
    assert.equal((await post(handler, { to: CALLER })).status, 503);
  }, { number: CALLED });
});

Deno.test("POST /calls places none for a number that belongs to nobody, or a business out of service or gone", async () => {
  await withOffice(async ({ rig, created, handler }) => {
    const refusal = async (body: unknown) => {
      const answer = await post(handler, body);
      return [answer.status, ...answer.body.problems];
    };
    assert.deepEqual(await refusal({ to: CALLER, from: "+15550100777" }), [
      400,
      "from belongs to none: name the business that speaks.",
    ]);
    rig.businesses.replace([{ ...rig.business, inService: false }]);
    assert.deepEqual(await refusal({ to: CALLER, business: "acme" }), [
      400,
      "business acme is not in service.",
    ]);
    rig.businesses.replace([rig.business, { ...rig.business, id: "other", numbers: ["+15550100888"] }]);
    assert.deepEqual(await refusal({ to: CALLER }), [
      400,
      "business is missing: name the business that speaks.",
    ]);
    rig.businesses.replace([]);
    assert.deepEqual(await refusal({ to: CALLER, business: "acme" }), [
      400,
      "business acme is not in service.",
    ]);
    assert.deepEqual(created, []);
  });
});

Deno.test("POST /calls places no call for a business that has had its calls of the day", async () => {
  const limits = { ...DEFAULT_BUSINESS.limits, costPerDayUsd: 1 };
  await withOffice(async ({ rig, created, handler }) => {
    rig.dayLimits.add(rig.business, { minutes: 1, costUsd: 1 });
    const { status, body } = await post(handler, { to: CALLER });
    assert.deepEqual([status, body.problems], [503, ["No call can be taken on: day_limit."]]);
    assert.equal(created.length, 0);
  }, { number: CALLED, accountSid: ACCOUNT_SID, business: { limits } });
});

const TEMPLATE = { instructions: "You call {{name}}, {{about}}.", variables: { about: "nothing special" } };

Deno.test("POST /calls carries variables to the stream of its call, sealed on the way", async () => {
  await withOffice(async ({ handler, created, rig }) => {
    const { status } = await post(handler, { to: CALLER, variables: { name: "Ada Lovelace" } });
    assert.equal(status, 201);
    const url = created[0].form.get("Url")!;
    assert.ok(!/Ada|Lovelace/.test(decodeURIComponent(url)), "no value is in the URL");
    const answer = await rig.post(url, { Direction: "outbound-api", From: CALLED, To: CALLER });
    assert.ok(!/Ada|Lovelace/.test(JSON.stringify(answer)));
    const claims = await rig.claims(answer);
    assert.deepEqual(claims?.variables, { name: "Ada Lovelace" });
  }, { number: CALLED, accountSid: ACCOUNT_SID, business: TEMPLATE });
});

Deno.test("POST /calls opens sealed variables for their own call alone", async () => {
  await withOffice(async ({ handler, created, rig }) => {
    await post(handler, { to: CALLER, variables: { name: "Ada" } });
    const url = new URL(created[0].form.get("Url")!);
    url.searchParams.set("slot", "another");
    const answer = await rig.post(url.href, { Direction: "outbound-api", From: CALLED, To: CALLER });
    assert.equal((await rig.claims(answer))?.variables, undefined);
  }, { number: CALLED, accountSid: ACCOUNT_SID, business: TEMPLATE });
});

Deno.test("POST /calls refuses variables that are missing, unknown, or of another form, before anybody is called", async () => {
  await withOffice(async ({ handler, created }) => {
    const problems = async (variables: unknown) => {
      const { status, body } = await post(handler, { to: CALLER, variables });
      assert.equal(status, 400);
      return body.problems;
    };
    assert.deepEqual(await problems(undefined), ["variables.name is missing, and has no default."]);
    assert.deepEqual(await problems({ name: "Ada", nmae: "Ada" }), [
      "variables.nmae is not known: known are name, about.",
    ]);
    assert.deepEqual(await problems({ name: 7 }), ["variables.name must be a text."]);
    assert.deepEqual(await problems({ name: "x".repeat(501) }), [
      "variables.name must have at most 500 characters.",
    ]);
    assert.deepEqual(await problems("Ada"), ["variables must be an object of names and texts."]);
    assert.equal(created.length, 0);
  }, { number: CALLED, accountSid: ACCOUNT_SID, business: TEMPLATE });
});
