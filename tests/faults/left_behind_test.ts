import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { ACCOUNT_SID, ServerRig } from "../support/server_rig.ts";

const CALLER = "+15550100001";
const NUMBERS = {
  open: "+15550100010",
  closed: "+15550100011",
  gone: "+15550100012",
  nobody: "+15550100099",
};

const business = (id: string, number: string, rest: Record<string, unknown> = {}) => ({
  id,
  name: id,
  numbers: [number],
  instructions: "Be brief.",
  ...rest,
});

/** Tells of the end of a call, as Twilio does. */
async function ends(rig: ServerRig, to: string): Promise<string> {
  const callSid = `CA${crypto.randomUUID().replaceAll("-", "")}`;
  const params = new URLSearchParams({
    CallSid: callSid,
    AccountSid: ACCOUNT_SID,
    From: CALLER,
    To: to,
    CallStatus: "completed",
  });
  const headers = await rig.signed("/voice/status", params);
  const answer = await fetch(`${rig.url}/voice/status`, { method: "POST", headers, body: params });
  assert.equal(answer.status, 204);
  return callSid;
}

/** Calls, and what the caller gets: the verbs of the answer, or its status where that is no TwiML. */
async function calls(rig: ServerRig, to: string, from = CALLER): Promise<{ callSid: string; got: string }> {
  const callSid = `CA${crypto.randomUUID().replaceAll("-", "")}`;
  const params = new URLSearchParams({ CallSid: callSid, AccountSid: ACCOUNT_SID, From: CALLER, To: to });
  const headers = await rig.signed("/voice", params);
  params.set("From", from);
  const answer = await fetch(`${rig.url}/voice`, { method: "POST", headers, body: params });
  const verbs = (await answer.text()).match(/(?<=<)(?:Say|Dial|Record|Connect|Hangup)\b/g);
  return { callSid, got: verbs?.join() ?? `${answer.status}` };
}

/** The reason in the record of a call, and what the caller got in place of the agent; undefined: it has none. */
async function recordOf(rig: ServerRig, callSid: string): Promise<string[] | undefined> {
  const answer = await rig.ask(`/records?call=${callSid}`);
  const { reason, treatment } = answer.ok ? await answer.json() : (await answer.body?.cancel(), {});
  return reason && [reason, treatment?.why, treatment?.got];
}

Deno.test("A call that never gets to the agent leaves a record of what came instead, and a forged webhook none", async () => {
  await using rig = await ServerRig.start({
    env: { MAX_CALLS: "1" },
    businesses: {
      "open.json": business("open", NUMBERS.open, { fallback: { words: "Later.", voicemail: true } }),
      "closed.json": business("closed", NUMBERS.closed, {
        hours: {
          timeZone: "Europe/Berlin",
          week: {},
          afterHours: { action: "say", words: "We are closed.", voicemail: true },
        },
      }),
      "gone.json": business("gone", NUMBERS.gone, { inService: false }),
    },
  });
  assert.equal((await calls(rig, NUMBERS.open)).got, "Connect", "it takes the only line");
  const left: Record<string, [got: string, record: string[]]> = {
    [NUMBERS.open]: ["Say,Record,Hangup", ["refused", "full", "voicemail"]],
    [NUMBERS.closed]: ["Say,Record,Hangup", ["refused", "after_hours", "voicemail"]],
    [NUMBERS.gone]: ["Say,Hangup", ["refused", "out_of_service", "words"]],
    [NUMBERS.nobody]: ["Say,Hangup", ["refused", "out_of_service", "words"]],
  };
  const placed: Record<string, string> = {};
  for (const [number, [expected]] of Object.entries(left)) {
    const { callSid, got } = await calls(rig, number);
    assert.equal(got, expected, number);
    placed[number] = callSid;
  }
  const forged = await calls(rig, NUMBERS.open, "+15550100002");
  assert.equal(forged.got, "403");
  for (const [number, callSid] of Object.entries(placed)) {
    const [, record] = left[number];
    await eventually(number, async () => await recordOf(rig, callSid) !== undefined);
    assert.deepEqual(await recordOf(rig, callSid), record);
  }
  // All others have theirs by now.
  assert.equal(await recordOf(rig, forged.callSid), undefined);
});

Deno.test("A call whose webhook never got here leaves a record where Twilio tells of its end", async () => {
  await using rig = await ServerRig.start({ businesses: { "open.json": business("open", NUMBERS.open) } });
  const callSid = await ends(rig, NUMBERS.open);
  await eventually("it is noted", async () => await recordOf(rig, callSid) !== undefined);
  assert.equal((await recordOf(rig, callSid))?.[0], "abandoned");
});
