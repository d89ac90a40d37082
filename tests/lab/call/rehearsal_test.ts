import assert from "node:assert/strict";
import { openRehearsal } from "../../../src/lab/call/rehearsal.ts";
import { CallerSpeech } from "../../../src/lab/twilio/caller_speech.ts";
import type { DialOutcome } from "../../../src/lab/twilio/dialled_party.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { eventually } from "../../support/eventually.ts";
import { ACCOUNT_SID, AUTH_TOKEN, EchoServer, PUBLIC_URL } from "../twilio/echo_server.ts";

const clock = new SystemClock();
const headers = { authorization: `Basic ${btoa(`${ACCOUNT_SID}:${AUTH_TOKEN}`)}` };

function lineTo(server: EchoServer, authToken: string | undefined = AUTH_TOKEN) {
  return { clock, server: server.url, publicUrl: PUBLIC_URL, accountSid: ACCOUNT_SID, authToken };
}

Deno.test("a call that the server places rings whom the script says, who answers, speaks and hangs up, or does not", async () => {
  await using server = new EchoServer();
  server.twiml["/placed"] = server.twiml["/voice"];
  server.twiml["/status"] = new Response(null, { status: 204 });
  const parties = new Map<string, DialOutcome>([
    ["+15551", { status: "completed", ringMs: 50, talkMs: 600, says: CallerSpeech.tone(470, 200) }],
    ["+15552", { status: "busy" }],
  ]);
  await using rehearsal = openRehearsal(lineTo(server), 0, parties);
  const calls = `${rehearsal.api?.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Calls`;
  const place = async (To: string) => {
    const body = new URLSearchParams({
      To,
      From: "+15550100000",
      Url: `${PUBLIC_URL}/placed`,
      StatusCallback: `${PUBLIC_URL}/status`,
    });
    const answer = await fetch(`${calls}.json`, { method: "POST", headers, body });
    assert.equal(answer.status, 201);
    return (await answer.json()).sid as string;
  };
  const told = (sid: string) =>
    server.hooks.find(({ path, form }) => path === "/status" && form.CallSid === sid)?.form.CallStatus;
  const [answered, busy] = [await place("+15551"), await place("+15552")];
  await eventually("both calls are over", () => told(answered) !== undefined && told(busy) !== undefined);
  assert.deepEqual([told(answered), told(busy)], ["completed", "busy"]);
  const spoken = server.messages.map((text) => JSON.parse(text)).filter(({ event }) => event === "media");
  assert.ok(new Set(spoken.map(({ media }) => media.payload)).size > 2, "who answered has spoken");
});

Deno.test("a number that nothing is known of answers, and a server that verifies nobody gets no API", async () => {
  await using server = new EchoServer();
  const line = { ...lineTo(server), authToken: undefined };
  await using rehearsal = openRehearsal(line, 0, new Map([["+15551", { status: "no-answer" }]]));
  assert.equal(rehearsal.api, undefined);
  assert.equal(rehearsal.onDial("+15551").status, "no-answer");
  const { status, says } = rehearsal.onDial("+15559");
  assert.deepEqual([status, (says?.durationMs ?? 0) > 0], ["completed", true]);
});
