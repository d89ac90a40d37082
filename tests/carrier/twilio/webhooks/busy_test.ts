import assert from "node:assert/strict";
import { RESERVATION_LIFETIME_MS } from "../../../../src/admission/admission.ts";
import { type Business, DEFAULT_BUSINESS } from "../../../../src/businesses/business.ts";
import type { Verb } from "../../../../src/lab/twilio/parse_twiml.ts";
import { CALL_SID, WebhookRig } from "../../../support/webhook_rig.ts";

const OTHER = { CallSid: `CA${"b".repeat(32)}` };

/** A business with one slot, which is taken. */
function busyRig(business: Partial<Business> = {}): WebhookRig {
  const rig = new WebhookRig({ busyWords: "Busy.", ...business }, 1);
  rig.admission.reserve(CALL_SID);
  return rig;
}

function whenBusy(settings: Partial<Business["whenBusy"]>): Partial<Business> {
  return { whenBusy: { ...DEFAULT_BUSINESS.whenBusy, ...settings } };
}

function numbersOf(verbs: readonly Verb[]): string[] {
  return verbs.flatMap((verb) => verb.verb === "Dial" ? verb.numbers.map(({ number }) => number) : []);
}

function redirectOf(verbs: readonly Verb[]): string {
  const last = verbs.at(-1);
  assert.equal(last?.verb, "Redirect");
  return last.link.url;
}

Deno.test("POST /voice lets a caller wait for a free line as often as the business says, then speaks the busy words", async () => {
  const rig = busyRig(whenBusy({ tries: 2, retrySeconds: 7, waitWords: "Please hold." }));
  let answer = await rig.post("/voice", OTHER);
  for (let tries = 1; tries <= 2; tries++) {
    const url = redirectOf(answer.verbs);
    assert.deepEqual(answer.verbs.slice(0, -1), [
      { verb: "Say", text: "Please hold." },
      { verb: "Pause", seconds: 7 },
    ]);
    assert.equal(url, `https://voice.test/voice?business=acme&tries=${tries}`);
    answer = await rig.post(url, OTHER);
  }
  assert.deepEqual(answer.verbs, [{ verb: "Say", text: "Busy." }, { verb: "Hangup" }]);
  assert.equal(rig.admission.state.refused.full, 1, "it was one call");
});

Deno.test("POST /voice streams a caller who waited as soon as a line is free", async () => {
  const rig = busyRig(whenBusy({ tries: 3 }));
  const { verbs } = await rig.post("/voice", OTHER);
  rig.admission.cancel(CALL_SID);
  const answer = await rig.post(redirectOf(verbs), OTHER);
  assert.equal((await rig.claims(answer))?.callSid, OTHER.CallSid);
});

Deno.test("POST /voice lets nobody wait for a server that stops, nor whoever was called by us", async () => {
  const rig = busyRig(whenBusy({ tries: 3 }));
  const outbound = await rig.post("/voice?business=acme", { ...OTHER, Direction: "outbound-api" });
  assert.deepEqual(outbound.verbs.map(({ verb }) => verb), ["Say", "Hangup"]);
  rig.admission.drain();
  const { verbs } = await rig.post("/voice", OTHER);
  assert.deepEqual(verbs.map(({ verb }) => verb), ["Say", "Hangup"]);
});

Deno.test("POST /voice takes a number of tries that no TwiML of ours names for none", async () => {
  const rig = busyRig(whenBusy({ tries: 2 }));
  for (const tries of ["-1", "x", "1e3", ""]) {
    const { verbs } = await rig.post(`/voice?business=acme&tries=${tries}`, OTHER);
    assert.match(redirectOf(verbs), /tries=1$/, tries);
  }
  const { verbs } = await rig.post("/voice?business=acme&tries=999", OTHER);
  assert.deepEqual(verbs.map(({ verb }) => verb), ["Say", "Hangup"]);
});

Deno.test("POST /voice forwards callers who find all lines busy, to the number for that, else to the fallback's", async () => {
  const fallback = { ...DEFAULT_BUSINESS.fallback, forwardTo: "+15550100901" };
  const to = async (business: Partial<Business>) =>
    numbersOf((await busyRig({ fallback, ...business }).post("/voice", OTHER)).verbs);
  assert.deepEqual(await to({}), ["+15550100901"]);
  assert.deepEqual(await to(whenBusy({ forwardTo: "+15550100902" })), ["+15550100902"]);
  assert.deepEqual(await to(whenBusy({ forwardTo: null })), []);
});

Deno.test("POST /voice/dial-done leads from a busy line's number that nobody answers to voicemail", async () => {
  const rig = busyRig({
    fallback: { ...DEFAULT_BUSINESS.fallback, voicemail: true },
    ...whenBusy({ forwardTo: "+15550100902" }),
  });
  const [, dial] = (await rig.post("/voice", OTHER)).verbs;
  assert.equal(dial.verb, "Dial");
  const { verbs } = await rig.post(dial.action?.url ?? "", { ...OTHER, DialCallStatus: "no-answer" });
  assert.deepEqual(verbs.map(({ verb }) => verb), ["Record", "Hangup"]);
});

Deno.test("POST /voice refuses a business the calls beyond its own, while others' are taken", async () => {
  const limits = { ...DEFAULT_BUSINESS.limits, callsAtOnce: 1 };
  const rig = new WebhookRig({ busyWords: "Busy.", limits }, 10);
  assert.equal((await rig.post("/voice")).verbs[0].verb, "Connect");
  assert.deepEqual((await rig.post("/voice", OTHER)).verbs[0], { verb: "Say", text: "Busy." });
  assert.equal(rig.admission.refusal, undefined);
});

Deno.test("POST /voice promises a line for as long as its stream may come: no other caller gets it meanwhile, nor it later", async () => {
  const limits = { ...DEFAULT_BUSINESS.limits, callsAtOnce: 1 };
  const rig = new WebhookRig({ busyWords: "Busy.", limits }, 10);
  const [first, second] = [await rig.post("/voice"), await rig.post("/voice")];
  rig.clock.advance(RESERVATION_LIFETIME_MS - 1);
  assert.deepEqual((await rig.post("/voice", OTHER)).verbs[0], { verb: "Say", text: "Busy." });
  assert.ok(await rig.claims(first));
  rig.clock.advance(1);
  assert.equal((await rig.post("/voice", OTHER)).verbs[0].verb, "Connect");
  await assert.rejects(rig.claims(second), /token_expired/);
});

Deno.test("POST /voice takes a call at an instance that stops while the others cannot be asked, and binds its stream to it", async () => {
  const rig = new WebhookRig({ busyWords: "Busy." }, 2);
  rig.admission.drain();
  Object.assign(rig.peers, { tokenBinding: { name: "here", isNeeded: true } });
  assert.equal((await rig.claims(await rig.post("/voice", OTHER)))?.boundTo, "here");
  // The database may only be slow: others are asked to take streams, and this token is for any of them.
  Object.assign(rig.peers, { takesStreams: true, reserve: () => Promise.resolve(true) });
  assert.equal((await rig.claims(await rig.post("/voice", { CallSid: CALL_SID })))?.boundTo, undefined);
});
