import assert from "node:assert/strict";
import { callSidOfAnswer, errorOfAnswer } from "../../../src/carrier/twilio/rest_answer.ts";
import { TwilioRest } from "../../../src/carrier/twilio/rest.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";

Deno.test("errorOfAnswer() makes do with an answer that is not Twilio's", () => {
  for (const body of ["", "<html>Bad gateway</html>", "null", `"text"`, `{"code":"x","message":7}`]) {
    const error = errorOfAnswer(502, body);
    assert.deepEqual([error.code, error.httpStatus, error.twilioCode], ["twilio_failed", 502, undefined]);
    assert.equal(error.message, "Twilio answered 502: no reason given");
  }
});

Deno.test("errorOfAnswer() takes a redirect for a refusal", () => {
  assert.equal(errorOfAnswer(302, "").code, "twilio_refused");
});

Deno.test("callSidOfAnswer() takes the call's own SID only", () => {
  const sid = "CA" + "a".repeat(32);
  assert.equal(callSidOfAnswer(JSON.stringify({ parent_call_sid: "CA" + "b".repeat(32), sid })), sid);
  for (const body of ["", "{}", `{"sid":"CA1"}`, `{"sid":null}`]) {
    assert.throws(() => callSidOfAnswer(body), { code: "twilio_unreadable" });
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
  const rest = new TwilioRest({ apiUrl, authToken: "token", clock: new SystemClock() });
  assert.equal(await rest.updateCall("AC1", "CA1", { status: "completed" }), "updated");
  await assert.rejects(rest.updateCall("AC1", "CAredirect", { status: "completed" }), { httpStatus: 307 });
  await assert.rejects(rest.updateCall("AC1/../..", "CAredirect?x#y", { status: "completed" }));
  assert.deepEqual(requested, [
    "/2010-04-01/Accounts/AC1/Calls/CA1.json",
    "/2010-04-01/Accounts/AC1/Calls/CAredirect.json",
    "/2010-04-01/Accounts/AC1%2F..%2F../Calls/CAredirect%3Fx%23y.json",
  ]);
});
