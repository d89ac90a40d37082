import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { PeerInstances } from "../../src/cluster/peer_instances.ts";
import { suspendedCall } from "../support/suspended_call.ts";
import { CALL_SID, WebhookRig } from "../support/webhook_rig.ts";

const asked = (what: string) => () => Promise.reject(new Error(`${what} was asked`));

/** A process that others stand beside. */
function rigBeside(
  others: Partial<PeerInstances>,
  maxCalls?: number,
  limits?: { callsAtOnce: number },
): WebhookRig {
  const rig = new WebhookRig(
    limits && { limits: { ...DEFAULT_BUSINESS.limits, ...limits } },
    maxCalls,
  );
  Object.assign(rig.peers, others);
  return rig;
}

const first = (rig: WebhookRig, url: string, form?: Record<string, string>) =>
  rig.post(url, form).then(({ verbs }) => verbs[0]?.verb);

Deno.test("A full process takes a call for which another has a slot, and refuses it when none has", async () => {
  for (const [has, verb] of [[true, "Connect"], [false, "Say"]] as const) {
    const names: string[] = [];
    const reserve = (name: string) => Promise.resolve((names.push(name), has));
    assert.equal(await first(rigBeside({ reserve }, 0), "/voice"), verb);
    assert.deepEqual(names, [CALL_SID]);
  }
});

Deno.test("A draining process sends a call to no other, since all of them drain", async () => {
  const rig = rigBeside({ reserve: () => Promise.reject(new Error("asked")) });
  rig.admission.drain();
  assert.equal(await first(rig, "/voice"), "Say");
});

Deno.test("A call that comes back gets its slot from the process that kept it, even when this one is full", async () => {
  const rig: WebhookRig = rigBeside({
    recall: (name) => {
      rig.admission.takeOver(name);
      return Promise.resolve("recalled");
    },
  }, 0);
  assert.equal(await first(rig, "/voice/resume?business=acme&resume=digits_sent"), "Connect");
});

Deno.test("A call that was placed by another process brings its slot along", async () => {
  const recalled: string[] = [];
  const rig: WebhookRig = rigBeside({
    recall: (name) => {
      recalled.push(name);
      rig.admission.takeOver(name);
      return Promise.resolve("recalled");
    },
  }, 0);
  assert.equal(
    await first(rig, "/voice?business=acme&slot=slot-1", { Direction: "outbound-api" }),
    "Connect",
  );
  assert.deepEqual(recalled, ["slot-1"]);
});

Deno.test("A business's calls at once are counted over all processes", async () => {
  const takeSlot = () => Promise.resolve(2);
  assert.equal(await first(rigBeside({ takeSlot }, 9, { callsAtOnce: 3 }), "/voice"), "Connect");
  assert.equal(await first(rigBeside({ takeSlot }, 9, { callsAtOnce: 2 }), "/voice"), "Say");
});

Deno.test("Who was let in by a business's limit needs no room in it where the stream goes", async () => {
  const rig = rigBeside({ takeSlot: () => Promise.resolve(2) }, 9, { callsAtOnce: 3 });
  for (const webhook of ["first", "repeated"]) {
    const claims = await rig.claims(await rig.post("/voice"));
    assert.equal(claims?.isCounted, true, webhook);
  }
  // Nobody has looked at the business's limit in a process that has no room at all.
  const full = rigBeside({ takeSlot: () => Promise.resolve(2), reserve: () => Promise.resolve(true) }, 0);
  assert.ok(!(await full.claims(await full.post("/voice")))?.isCounted);
});

Deno.test("Whether a call was hung up is asked of the peers when it did not run here", async () => {
  const afterStream = () => Promise.resolve("hung_up" as const);
  assert.equal(await first(rigBeside({ afterStream }), "/voice/after-stream?business=acme"), "Hangup");
  assert.equal(await first(rigBeside({}), "/voice/after-stream?business=acme"), "Say");
});

Deno.test("A call that is over is forgotten everywhere, with the slot that it was placed with", async () => {
  const forgotten: string[][] = [];
  const rig = rigBeside({ forget: (...names) => void forgotten.push(names) });
  await rig.post("/voice/status?business=acme&slot=slot-1", { CallStatus: "completed" });
  await rig.post("/voice/dial-done?business=acme", { DialCallStatus: "completed" });
  assert.deepEqual(forgotten, [[CALL_SID, "slot-1"], [CALL_SID]]);
});

function makeLate({ lag, admission }: WebhookRig): void {
  for (let times = 0; times < 200; times++) lag.add(400);
  assert.equal(admission.refusal, "late");
}

/** An instance that finds a call which another one handed over. */
function rigWithMoved(others: Partial<PeerInstances> = {}, maxCalls?: number): WebhookRig {
  const rig: WebhookRig = rigBeside(
    {
      recall: asked("recall"),
      stateOf: asked("stateOf"),
      takeSlot: asked("takeSlot"),
      knowSpending: asked("knowSpending"),
      reserve: asked("reserve"),
      takesStreams: true,
      afterStream: () => {
        rig.suspended.receive(CALL_SID, suspendedCall(rig.business));
        return Promise.resolve("moved");
      },
      ...others,
    },
    maxCalls,
    { callsAtOnce: 1 },
  );
  return rig;
}

const AFTER_STREAM = "/voice/after-stream?business=acme";

Deno.test("A call that was handed over gets its stream after one question", async () => {
  const rig = rigWithMoved();
  const answer = await rig.post(AFTER_STREAM);
  const claims = await rig.claims(answer);
  assert.deepEqual([claims?.resume, claims?.isCounted], ["moved", true]);
});

Deno.test("A call that was handed over gets its stream from an instance that is full, late, or leaving", async () => {
  const full = rigWithMoved({}, 0);
  assert.equal(await first(full, AFTER_STREAM), "Connect");
  assert.ok(full.admission.claim(CALL_SID, { isAdmitted: true }));
  const leaving = rigWithMoved();
  leaving.admission.drain();
  assert.equal(await first(leaving, AFTER_STREAM), "Connect");
  const late = rigWithMoved();
  makeLate(late);
  assert.equal(await first(late, AFTER_STREAM), "Connect");
  assert.ok(late.admission.hasReserved(CALL_SID));
});

Deno.test("A new call that reaches a late instance goes to another that can take it", async () => {
  for (const [takesStreams, verb] of [[true, "Connect"], [false, "Say"]] as const) {
    const rig = rigBeside({ takesStreams, reserve: () => Promise.resolve(true) });
    makeLate(rig);
    assert.equal(await first(rig, "/voice"), verb);
  }
});

Deno.test("A call that was handed over to where memory is short goes elsewhere, as long as there is somebody", async () => {
  for (const [takesStreams, verb] of [[true, "Connect"], [false, "Say"]] as const) {
    const rig = rigWithMoved({ takesStreams });
    rig.memory.available = 0;
    assert.equal(rig.admission.refusal, "low_memory");
    assert.equal(await first(rig, AFTER_STREAM), verb);
  }
});
