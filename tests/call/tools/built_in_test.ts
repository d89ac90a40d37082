import assert from "node:assert/strict";
import { DEFAULT_BUSINESS, type TransferTarget } from "../../../src/businesses/business.ts";
import { hangUpCalledOff } from "../../../src/carrier/control_errors.ts";
import { createTools } from "../../../src/call/tools/business_tools.ts";
import { LEFT } from "../../../src/call/tools/tool.ts";
import { endCall, sendDtmf, transferCall } from "../../../src/call/tools/control_tools.ts";
import { MAX_NAME_CHARS, MAX_TEXT_CHARS, takeMessage } from "../../../src/call/tools/take_message.ts";
import { FakeCallControl } from "../../support/fake_call_control.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { HandTool, toolContext } from "./tool_bench.ts";
import { LOOPBACK_REQUESTS } from "../../support/loopback_requests.ts";

const target = (name: string, number: string): TransferTarget => ({
  name,
  number,
  description: `for ${name} matters`,
  announcement: "",
  whisper: "",
  ringSeconds: 20,
});
const targets = [target("Sales", "+15550111"), target("Emergency", "+15550112")];

Deno.test("transfer_call tells the model whom it can reach, and no number", () => {
  const tool = transferCall(targets);
  assert.deepEqual(tool.parameters.properties, {
    target: { type: "string", enum: ["Sales", "Emergency"], description: "Who should take the call." },
  });
  assert.match(tool.description, /Sales: for Sales matters\nEmergency: for Emergency matters/);
  assert.doesNotMatch(JSON.stringify(tool), /555/);
});

Deno.test("transfer_call hands the call over and says no more", async () => {
  const control = new FakeCallControl();
  const result = await transferCall(targets).run({ target: "Emergency" }, toolContext(control));
  assert.equal(result, LEFT);
  assert.deepEqual(control.actions, ["transfer to +15550112"]);
});

Deno.test("transfer_call answers an unknown name with those there are", async () => {
  const control = new FakeCallControl();
  await assert.rejects(
    transferCall(targets).run({ target: "the boss" }, toolContext(control)),
    {
      code: "transfer_unknown",
      message: "There is nobody of that name. The call can go to: Sales, Emergency.",
    },
  );
  assert.deepEqual(control.actions, []);
});

Deno.test("transfer_call, refused by Twilio, says who could not be reached and keeps the cause", async () => {
  const control = new FakeCallControl();
  control.refusal = new Error("21220: +15550111 is not in progress");
  const message = "The call could not be put through to Sales. The caller is still with you.";
  await assert.rejects(
    transferCall(targets).run({ target: "Sales" }, toolContext(control)),
    { code: "transfer_failed", message, cause: control.refusal },
  );
});

Deno.test("transferCall refuses two targets of one name", () => {
  assert.throws(() => transferCall([...targets, target("Sales", "+15550113")]), {
    code: "transfer_name_clash",
  });
});

Deno.test("end_call hangs up and says no more, or says that it could not", async () => {
  const control = new FakeCallControl();
  const result = await endCall.run({ reason: "all said" }, toolContext(control));
  assert.equal(result, LEFT);
  assert.deepEqual(control.actions, ["hang up"]);
  control.refusal = new Error("503");
  await assert.rejects(endCall.run({}, toolContext(control)), { code: "end_call_failed" });
});

Deno.test("end_call tells the model that the caller spoke again, and lets it answer", async () => {
  const control = new FakeCallControl();
  control.refusal = hangUpCalledOff(false);
  assert.deepEqual(await endCall.run({}, toolContext(control)), {
    output: { ended: false, reason: "The caller has spoken again, so the call goes on." },
    wantsResponse: true,
  });
});

Deno.test("send_dtmf presses keys that exist and says no more, since the talk goes on in another stream", async () => {
  const control = new FakeCallControl();
  const result = await sendDtmf.run({ digits: "1w2*#" }, toolContext(control));
  assert.equal(result, LEFT);
  assert.deepEqual(control.actions, ["send 1w2*#"]);
  for (const digits of ["", "A", "12 3", "1".repeat(33), "1\n", 12, undefined]) {
    await assert.rejects(sendDtmf.run({ digits }, toolContext(control)), { code: "dtmf_bad_digits" });
  }
  assert.equal(control.actions.length, 1);
  control.refusal = new Error("503");
  await assert.rejects(sendDtmf.run({ digits: "1" }, toolContext(control)), { code: "dtmf_failed" });
});

Deno.test("take_message keeps the message, with the caller's number unless another was given", async () => {
  const control = new FakeCallControl();
  const context = toolContext(control);
  await takeMessage.run({ name: " Ada ", text: "Call me." }, context);
  await takeMessage.run({ name: "Bob", number: "+15550122", text: "Hello." }, context);
  await takeMessage.run({ name: "Cy", number: null, text: "Hi." }, context);
  assert.deepEqual(control.messages, [
    { callerName: "Ada", number: "+15550100", text: "Call me." },
    { callerName: "Bob", number: "+15550122", text: "Hello." },
    { callerName: "Cy", number: "+15550100", text: "Hi." },
  ]);
});

Deno.test("take_message knows no number to call back where the caller's is withheld, and says so", async () => {
  const control = new FakeCallControl();
  const context = { ...toolContext(control), from: "+266696687", callBackNumber: undefined };
  const { output } = await takeMessage.run({ name: "Ada", text: "Call me." }, context);
  assert.match(JSON.stringify(output), /"taken":true,"note":"The caller's number is withheld/);
  await takeMessage.run({ name: "Ada", number: "+15550122", text: "Call me." }, context);
  assert.deepEqual(control.messages.map(({ number }) => number), [undefined, "+15550122"]);
});

Deno.test("take_message refuses parts that are empty or too long", async () => {
  const control = new FakeCallControl();
  const good = { name: "Ada", text: "Call me." };
  const bad = [
    { ...good, name: "  " },
    { ...good, name: "x".repeat(MAX_NAME_CHARS + 1) },
    { ...good, text: "" },
    { ...good, text: "x".repeat(MAX_TEXT_CHARS + 1) },
    { ...good, number: "5".repeat(33) },
    { ...good, number: 5 },
  ];
  for (const args of bad) {
    await assert.rejects(takeMessage.run(args, toolContext(control)), { code: "message_bad_part" });
  }
  assert.deepEqual(control.messages, []);
});

const names = (business: Parameters<typeof createTools>[0]) =>
  createTools(business, new ManualClock(), LOOPBACK_REQUESTS).map((tool) => tool.name);
const http = (name: string) => ({
  name,
  description: "",
  parameters: { type: "object" as const },
  url: "https://example.test/",
  headers: {},
  signingSecret: undefined,
  timeoutMs: 1_000,
});

Deno.test("createTools gives a business what it lists, and transfer_call whenever there are targets", () => {
  assert.deepEqual(names(DEFAULT_BUSINESS), ["end_call", "take_message"]);
  const tools = { ...DEFAULT_BUSINESS.tools, builtIn: ["send_dtmf" as const], http: [http("look_up")] };
  assert.deepEqual(names({ id: "b", tools, transfers: targets }), ["transfer_call", "send_dtmf", "look_up"]);
});

Deno.test("createTools refuses names that clash or that OpenAI would refuse", () => {
  const { tools } = DEFAULT_BUSINESS;
  const clash = { id: "b", tools: { ...tools, http: [http("end_call")] }, transfers: [] };
  assert.throws(() => names(clash), { code: "tool_name_clash" });
  const bad = { id: "b", tools: { ...tools, http: [http("look up")] }, transfers: [] };
  assert.throws(() => names(bad), { code: "tool_bad_name" });
  const more = [new HandTool("end_call", 1)];
  assert.throws(() => createTools(DEFAULT_BUSINESS, new ManualClock(), LOOPBACK_REQUESTS, more), {
    code: "tool_name_clash",
  });
});
