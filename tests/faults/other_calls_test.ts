import assert from "node:assert/strict";
import type { Failure } from "../../src/lab/openai/failures/failure_script.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import type { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { eventually } from "../support/eventually.ts";
import { attack, requestText, UPGRADE } from "../support/http_attacker.ts";
import { ServerRig } from "../support/server_rig.ts";

/** Calls that go on beside each fault. */
const OTHERS = 3;
/** Who meets a fault says nothing. */
const SPEECH = CallerSpeech.silence(60_000);

/** A fault of one call. */
interface Fault {
  /** What goes wrong at the model in the sessions of this call. Default: nothing. */
  readonly script?: readonly Failure[];
  /** What shows that it has happened: an event of the log. */
  readonly shownBy: string;
  /** What goes wrong elsewhere, once the caller hears the greeting. */
  readonly act?: (caller: SimulatedCaller, rig: ServerRig) => Promise<void> | void;
}

/** Faults of one call, of which no other call may notice anything. */
const FAULTS: Readonly<Record<string, Fault>> = {
  "a session that is lost in the middle of an answer": {
    script: [{ failure: "drop", at: { on: "audio", afterMs: 300 } }],
    shownBy: "agent_down",
  },
  "a model that is lost for good": {
    script: [{ failure: "refuse_upgrade", status: 401, code: "invalid_api_key" }],
    shownBy: "agent_lost",
  },
  "a model that does not begin an answer": {
    script: [{ failure: "slow_response", delayMs: Infinity }],
    shownBy: "no_answer",
  },
  "an answer that fails": {
    script: [{ failure: "response_fails", code: "server_error", responses: 1 }],
    shownBy: "response_failed",
  },
  "a stream that breaks off": {
    act: (caller) => caller.hangUp("drop"),
    shownBy: "call_ended",
  },
  "a side of the caller's that stops reading, and goes": {
    act: async (caller, rig) => {
      caller.leg?.stopReading();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await rig.ask(`/calls/${caller.callSid}/end`, { method: "POST" }).then((answer) =>
        answer.body?.cancel()
      );
    },
    shownBy: "operator_action",
  },
  "an upgrade without a valid token": {
    act: async (_caller, rig) => {
      const path = `/media/stream/${"A".repeat(300)}`;
      const headers = [`X-Twilio-Signature: ${"A".repeat(27)}=`, "Connection: Upgrade", ...UPGRADE];
      await attack(rig.port, requestText(path, { method: "GET", headers }));
    },
    shownBy: "stream_refused",
  },
  "a webhook with a wrong signature": {
    act: async (_caller, rig) => {
      const headers = [
        `X-Twilio-Signature: ${"A".repeat(27)}=`,
        "Content-Type: application/x-www-form-urlencoded",
      ];
      await attack(rig.port, requestText("/voice", { headers, body: "CallSid=CA1" }));
    },
    shownBy: "webhook_refused",
  },
  "an operator who ends a call": {
    act: async (caller, rig) => {
      await rig.ask(`/calls/${caller.callSid}/end`, { method: "POST" }).then((answer) =>
        answer.body?.cancel()
      );
    },
    shownBy: "operator_action",
  },
};

Deno.test("Of a fault of one call the others notice nothing: they are answered each time, and hear no word less", async () => {
  const script: Failure[] = [];
  await using rig = await ServerRig.start({ script });
  let isOver = false;
  const talks = Array.from(
    { length: OTHERS },
    () => rig.talk(() => isOver ? 0 : Infinity),
  );
  await eventually("the others talk", () => rig.logged("agent_ready").length === OTHERS);
  try {
    for (const [what, { script: failures = [], act, shownBy }] of Object.entries(FAULTS)) {
      const { attempts } = rig.emulator.stats();
      script.splice(
        0,
        script.length,
        ...failures.map((one) => ({ ...one, sessions: { from: attempts + 1 } })),
      );
      const shown = () => rig.logged(shownBy).length;
      const before = shown();
      const caller = rig.caller({ speech: SPEECH });
      const placed = caller.place();
      if (act) {
        await eventually(
          `${what}: the caller hears something`,
          () => caller.player.receivedBytes > 0,
        );
        await act(caller, rig);
      }
      await eventually(`${what}: the log says so`, () => shown() > before);
      caller.hangUp();
      await placed;
      script.length = 0;
    }
  } finally {
    isOver = true;
  }
  for (const { report, unanswered, turns } of await Promise.all(talks)) {
    assert.deepEqual(report.problems, []);
    assert.deepEqual([report.endedBy, report.clears, unanswered], ["caller", 0, 0]);
    assert.ok(turns.length > 3, `${turns.length} turns`);
  }
  const ofOthers = new Set((await Promise.all(talks)).map(({ report }) => report.callSid));
  for (const event of ["agent_down", "agent_lost", "no_answer", "response_failed", "stream_failed"]) {
    assert.deepEqual(rig.logged(event).filter(({ call }) => ofOthers.has(String(call))), [], event);
  }
  assert.deepEqual(
    rig.logged("call_ended").filter(({ call }) => ofOthers.has(String(call))).map(({ reason }) => reason),
    Array(OTHERS).fill("caller_hung_up"),
  );
});
