import assert from "node:assert/strict";
import { AuthTokens } from "../../../src/carrier/twilio/auth_tokens.ts";
import { CallRegistry, type CallUpdate, type EmulatedCall } from "../../../src/lab/twilio/emulated_call.ts";
import {
  EmulatedTwilioApi as Api,
  type OutboundRequest,
} from "../../../src/lab/twilio/emulated_twilio_api.ts";
import {
  answerError,
  MAX_REST_TWIML_CHARS,
  type OutboundCall,
  readCallSid,
  RETRY_DELAY_MS,
  TwilioRest,
  TwilioRestError,
} from "../../../src/carrier/twilio/twilio_rest.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";

const ACCOUNT_SID = "AC" + "1".repeat(32);
const CALL_SID = "CA" + "2".repeat(32);
const AUTH_TOKEN = "a test's auth token";
const TIMEOUT_MS = 100;
const clock = new SystemClock();

/** A call that Twilio has: live until it is told otherwise. */
class LiveCall implements EmulatedCall {
  readonly callSid = CALL_SID;
  readonly from = "+15550100000";
  readonly to = "+15550100001";
  readonly direction = "outbound-api";
  readonly status = "in-progress";
  readonly updates: CallUpdate[] = [];

  constructor(readonly isOver: boolean = false) {}

  update(update: CallUpdate): boolean {
    if (!this.isOver) this.updates.push(update);
    return !this.isOver;
  }
}

/** The emulated API with one call, and our client of it. */
async function withApi(
  run: (rest: TwilioRest, api: Api, call: LiveCall, created: OutboundRequest[]) => Promise<void>,
  options: { isOver?: boolean; ended?: 404 | 400 } = {},
): Promise<void> {
  const call = new LiveCall(options.isOver);
  const registry = new CallRegistry();
  registry.add(call);
  const created: OutboundRequest[] = [];
  const onCreate = (request: OutboundRequest) => {
    created.push(request);
    return call;
  };
  await using api = new Api({
    clock,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    registry,
    ended: options.ended,
    onCreate,
  });
  const rest = new TwilioRest({
    apiUrl: api.url,
    authTokens: new AuthTokens(AUTH_TOKEN),
    clock,
    timeoutMs: TIMEOUT_MS,
  });
  await run(rest, api, call, created);
}

function hangUp(rest: TwilioRest): Promise<string> {
  return rest.updateCall(ACCOUNT_SID, CALL_SID, { status: "completed" });
}

const outbound: OutboundCall = {
  accountSid: ACCOUNT_SID,
  to: "+15550100001",
  from: "+15550100000",
  url: "https://voice.test/voice?slot=1",
  statusCallback: "https://voice.test/voice/status?slot=1",
  statusCallbackEvents: ["ringing", "completed"],
  timeoutSeconds: 45,
};

function failure(code: string, httpStatus?: number, twilioCode?: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TwilioRestError);
    assert.deepEqual([error.code, error.httpStatus, error.twilioCode], [code, httpStatus, twilioCode]);
    return true;
  };
}

Deno.test("TwilioRest.updateCall() hangs up, and gives a call other TwiML", async () => {
  await withApi(async (rest, api, call) => {
    assert.equal(await hangUp(rest), "updated");
    const twiml = `<Response><Say>Tschüß & <b></Say></Response>`;
    assert.equal(await rest.updateCall(ACCOUNT_SID, CALL_SID, { twiml }), "updated");
    assert.deepEqual(call.updates, [{ status: "completed" }, { twiml }]);
    assert.deepEqual(api.requests.map(({ method, path }) => `${method} ${path}`), [
      `POST /2010-04-01/Accounts/${ACCOUNT_SID}/Calls/${CALL_SID}.json`,
      `POST /2010-04-01/Accounts/${ACCOUNT_SID}/Calls/${CALL_SID}.json`,
    ]);
  });
});

for (const ended of [404, 400] as const) {
  Deno.test(`TwilioRest.updateCall() takes ${ended} of an ended call for success`, async () => {
    await withApi(async (rest, api) => {
      assert.equal(await hangUp(rest), "gone");
      assert.equal(api.requests.length, 1);
    }, { isOver: true, ended });
  });
}

Deno.test("TwilioRest.updateCall() does not take just any 404 for an ended call", async () => {
  await withApi(async (rest, api) => {
    api.failNext({ status: 404, code: 11200 });
    await assert.rejects(hangUp(rest), failure("twilio_refused", 404, 11200));
  });
});

for (const broken of [{ status: 429 }, { status: 500 }, { status: 503 }, "timeout"] as const) {
  const name = typeof broken === "string" ? broken : broken.status;
  Deno.test(`TwilioRest.updateCall() tries once more after ${name}`, async () => {
    await withApi(async (rest, api, call) => {
      const startMs = clock.now();
      api.failNext(broken);
      assert.equal(await hangUp(rest), "updated");
      assert.ok(clock.now() - startMs >= RETRY_DELAY_MS);
      assert.equal(call.updates.length, 1);
      assert.equal(api.requests.length, 2);
    });
  });
}

Deno.test("TwilioRest.updateCall() gives up after the second failure, and says which", async () => {
  await withApi(async (rest, api, call) => {
    api.failNext({ status: 500 }, 2);
    await assert.rejects(hangUp(rest), failure("twilio_failed", 500, 20500));
    api.failNext({ status: 429 }, 2);
    await assert.rejects(hangUp(rest), failure("twilio_limited", 429, 20429));
    api.failNext("timeout", 2);
    await assert.rejects(hangUp(rest), failure("twilio_timeout"));
    assert.equal(call.updates.length, 0);
    assert.equal(api.requests.length, 6);
  });
});

Deno.test("TwilioRest does not repeat what Twilio refuses", async () => {
  await withApi(async (_rest, api) => {
    const stranger = new TwilioRest({ apiUrl: api.url, authTokens: new AuthTokens("wrong"), clock });
    await assert.rejects(hangUp(stranger), failure("twilio_refused", 401, 20003));
    assert.equal(api.requests.length, 1);
  });
});

Deno.test("TwilioRest asks with an account's next token when Twilio does not take the first, and stays with it", async () => {
  await withApi(async (_rest, api) => {
    const authTokens = new AuthTokens(`gone,${AUTH_TOKEN},AC${"9".repeat(32)}:another's`);
    const rest = new TwilioRest({ apiUrl: api.url, authTokens, clock, timeoutMs: TIMEOUT_MS });
    assert.equal(await hangUp(rest), "updated");
    assert.equal(api.requests.length, 2);
    assert.equal(await hangUp(rest), "updated");
    assert.equal(api.requests.length, 3, "the first one is not tried again");
    const elsewhere = rest.updateCall(`AC${"9".repeat(32)}`, CALL_SID, { status: "completed" });
    await assert.rejects(elsewhere, failure("twilio_refused", 401, 20003));
    assert.equal(api.requests.length, 4, "an account with a token of its own is asked with no other");
  });
});

Deno.test("TwilioRest sends nothing without a token, or with TwiML that is too long", async () => {
  await withApi(async (rest, api) => {
    const without = new TwilioRest({ apiUrl: api.url, authTokens: undefined, clock });
    await assert.rejects(hangUp(without), failure("twilio_no_credentials"));
    const twiml = "x".repeat(MAX_REST_TWIML_CHARS + 1);
    await assert.rejects(
      rest.updateCall(ACCOUNT_SID, CALL_SID, { twiml }),
      failure("twilio_twiml_too_long"),
    );
    assert.equal(api.requests.length, 0);
  });
});

Deno.test("TwilioRest reports an API that is not there", async () => {
  let rest: TwilioRest | undefined;
  await withApi((client) => {
    rest = client;
    return Promise.resolve();
  });
  await assert.rejects(hangUp(rest!), failure("twilio_unreachable"));
});

Deno.test("TwilioRest.createCall() sends what Twilio needs and resolves with the SID", async () => {
  await withApi(async (rest, _api, _call, created) => {
    assert.deepEqual(await rest.createCall(outbound), { callSid: CALL_SID });
    await rest.createCall({ ...outbound, machineDetection: "DetectMessageEnd" });
    assert.deepEqual([...created[0].form], [
      ["To", "+15550100001"],
      ["From", "+15550100000"],
      ["Url", "https://voice.test/voice?slot=1"],
      ["Method", "POST"],
      ["StatusCallback", "https://voice.test/voice/status?slot=1"],
      ["StatusCallbackMethod", "POST"],
      ["Timeout", "45"],
      ["StatusCallbackEvent", "ringing"],
      ["StatusCallbackEvent", "completed"],
    ]);
    assert.deepEqual([...created[1].form].slice(-1), [["MachineDetection", "DetectMessageEnd"]]);
  });
});

Deno.test("TwilioRest.createCall() never calls twice: only 429 is repeated", async () => {
  await withApi(async (rest, api, _call, created) => {
    api.failNext({ status: 429 });
    await rest.createCall(outbound);
    assert.equal(api.requests.length, 2);
    for (
      const [broken, code] of [[{ status: 500 }, "twilio_failed"], ["timeout", "twilio_timeout"]] as const
    ) {
      api.failNext(broken);
      await assert.rejects(rest.createCall(outbound), (error: TwilioRestError) => {
        assert.deepEqual([error.code, error.isAmbiguous], [code, true]);
        return true;
      });
    }
    api.failNext({ status: 400, code: 21211, message: "The 'To' number is not valid." });
    await assert.rejects(rest.createCall(outbound), (error: TwilioRestError) => {
      assert.equal(error.message, "Twilio answered 400 (21211): The 'To' number is not valid.");
      assert.equal(error.isAmbiguous, false);
      return true;
    });
    assert.equal(api.requests.length, 5);
    assert.equal(created.length, 1);
  });
});

Deno.test("answerError() makes do with an answer that is not Twilio's", () => {
  for (const body of ["", "<html>Bad gateway</html>", "null", `"text"`, `{"code":"x","message":7}`]) {
    const error = answerError(502, body);
    assert.deepEqual([error.code, error.httpStatus, error.twilioCode], ["twilio_failed", 502, undefined]);
    assert.equal(error.message, "Twilio answered 502: no reason given");
  }
});

Deno.test("answerError() takes a redirect for a refusal", () => {
  assert.equal(answerError(302, "").code, "twilio_refused");
});

Deno.test("readCallSid() takes the call's own SID only", () => {
  const sid = "CA" + "a".repeat(32);
  assert.equal(readCallSid(JSON.stringify({ parent_call_sid: "CA" + "b".repeat(32), sid })), sid);
  for (const body of ["", "{}", `{"sid":"CA1"}`, `{"sid":null}`]) {
    assert.throws(() => readCallSid(body), { code: "twilio_unreadable" });
  }
});

Deno.test("TwilioRest reads no more of an answer than it must, and follows no redirect", async () => {
  const requested: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const path = new URL(request.url).pathname;
    requested.push(path);
    if (path.includes("CAredirect")) {
      return new Response(null, { status: 307, headers: { location: "/elsewhere" } });
    }
    return new Response("x".repeat(10_000_000)); // an answer of 200 is what counts for an update
  });
  const apiUrl = `http://127.0.0.1:${server.addr.port}`;
  const rest = new TwilioRest({ apiUrl, authTokens: new AuthTokens("token"), clock: new SystemClock() });
  assert.equal(await rest.updateCall("AC1", "CA1", { status: "completed" }), "updated");
  await assert.rejects(rest.updateCall("AC1", "CAredirect", { status: "completed" }), { httpStatus: 307 });
  await assert.rejects(rest.updateCall("AC1/../..", "CAredirect?x#y", { status: "completed" }));
  assert.deepEqual(requested, [
    "/2010-04-01/Accounts/AC1/Calls/CA1.json",
    "/2010-04-01/Accounts/AC1/Calls/CAredirect.json",
    "/2010-04-01/Accounts/AC1%2F..%2F../Calls/CAredirect%3Fx%23y.json",
  ]);
});
