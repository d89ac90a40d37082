import assert from "node:assert/strict";
import { BUSINESS, visit } from "../support/doctor_visit.ts";

Deno.test("slimline doctor says that a number rings elsewhere, and where it should", async () => {
  const { code, lines, bad } = await visit({ voiceUrl: "https://elsewhere.example.com/voice" });
  assert.equal(code, 1);
  assert.match(bad[0], /\+15550100000 asks POST https:\/\/elsewhere\.example\.com\/voice/);
  assert.match(
    lines.join("\n"),
    /→ set its "A call comes in" to webhook, http:\/\/127\.0\.0\.1:\d+\/voice, HTTP POST/,
  );
});

Deno.test("slimline doctor says that the account has no such number", async () => {
  const { bad } = await visit({ business: { ...BUSINESS, numbers: ["+15550100009"] } });
  assert.match(bad.join(), /does not own \+15550100009/);
});

Deno.test("slimline doctor says that Twilio refuses the credentials", async () => {
  const { bad, lines } = await visit({ env: { TWILIO_AUTH_TOKEN: "another" } });
  assert.match(bad.join(), /Twilio answered 401/);
  assert.match(lines.join("\n"), /TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN/);
});

for (
  const [name, status, body, line, wanted] of [
    ["fails", 500, "", /^BAD +Fallback .*answers 500$/m, 1],
    ["says something else", 200, "<html></html>", /^BAD +Fallback .*something else than TwiML$/m, 1],
    ["is for Twilio alone", 403, "", /^\? +Fallback .*answers 403: it may take Twilio's requests alone$/m, 3],
    ["says TwiML", 200, '<?xml version="1.0"?>\n<Response/>', /^ok +Fallback .*answers with TwiML$/m, 0],
  ] as const
) {
  Deno.test(`slimline doctor asks the fallback of a number, and says so when it ${name}`, async () => {
    const asked: string[] = [];
    const { code, text } = await visit({
      proxy: (request) => {
        if (new URL(request.url).pathname !== "/fallback") return undefined;
        asked.push(request.method, request.headers.get("x-twilio-signature") ?? "unsigned");
        return new Response(body, { status });
      },
    });
    assert.match(text, line);
    assert.equal(code, wanted);
    assert.equal(asked[0], "POST");
    assert.match(asked[1], /^[A-Za-z0-9+/]{27}=$/);
  });
}

Deno.test("slimline doctor says that a number has no fallback, or this very server for one", async () => {
  const none = await visit({ number: { voiceFallbackUrl: "" } });
  assert.equal(none.code, 0);
  assert.match(none.text, /^! +Fallback +none for \+15550100000: callers hear Twilio's error/m);
  const own = await visit({
    env: { PUBLIC_URL: "https://voice.example.invalid" },
    number: { voiceFallbackUrl: "https://voice.example.invalid/voice?x=1" },
  });
  assert.match(own.text, /^! +Fallback .*is this very server/m);
  const gone = await visit({ number: { voiceFallbackUrl: "http://127.0.0.1:9/f" } });
  assert.equal(gone.code, 3);
  assert.match(gone.unknown.join(), /Fallback .*is not reached from here/);
});

Deno.test("slimline doctor says that a trunk or an application goes before the number's URLs", async () => {
  for (
    const number of [{ trunkSid: `TK${"1".repeat(32)}` }, { voiceApplicationSid: `AP${"1".repeat(32)}` }]
  ) {
    const { code, bad } = await visit({ number });
    assert.equal(code, 1);
    assert.match(bad.join(), /belongs to (a SIP trunk, TK|an application, AP)1+, which goes before its URLs/);
  }
});

Deno.test("slimline doctor doubts a number that tells nobody how its calls go", async () => {
  const { code, text } = await visit({ number: { statusCallback: "" } });
  assert.equal(code, 0);
  assert.match(text, /^! +Twilio +\+15550100000 tells nobody how its calls go/m);
});

Deno.test("slimline doctor says that there is no token of the account", async () => {
  const { code, bad } = await visit({ env: { TWILIO_AUTH_TOKEN: `AC${"2".repeat(32)}:another's` } });
  assert.equal(code, 1);
  assert.match(bad.join("\n"), /Twilio +TWILIO_AUTH_TOKEN has no token of TWILIO_ACCOUNT_SID/);
});

Deno.test("slimline doctor says that it will take long once a WebSocket is held behind a proxy, and not before", async () => {
  const unreached = await visit({ env: { PUBLIC_URL: "https://voice.example.invalid" }, holdMs: 60_000 });
  assert.doesNotMatch(unreached.text, /is held for/);
  assert.equal(unreached.code, 1); // the number rings elsewhere
});

Deno.test("slimline doctor does not know whether numbers ring here without an account", async () => {
  const { code, lines } = await visit({ env: { TWILIO_ACCOUNT_SID: "" } });
  assert.equal(code, 3);
  assert.match(lines.join("\n"), /^\? +Twilio +not asked whether the numbers ring here/m);
});
