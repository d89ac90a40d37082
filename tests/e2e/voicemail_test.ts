import assert from "node:assert/strict";
import { EmulatedTranscriptionApi } from "../../src/lab/openai/emulated_transcription_api.ts";
import type { CallRecord } from "../../src/records/call_record.ts";
import { BridgeRig, type BridgeRigOptions } from "../support/bridge_rig.ts";
import { closedBusiness } from "../support/closed_business.ts";
import { eventually } from "../support/eventually.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";

const WAIT_MS = 60_000;
const WORDS = "This is Ada. Call me back at 415 555 0123 about Thursday at 9.";
const MASKED = "This is Ada. Call me back at [telephone number] about Thursday at 9.";

/** A call to a closed business, whose caller leaves a message, until the record is as it is to be. */
async function leaveMessage(rig: BridgeRig, state: string): Promise<CallRecord> {
  const caller = rig.caller({ statusCallback: { url: "/voice/status", method: "POST" } });
  const { problems, said } = await caller.place();
  assert.deepEqual([problems, said[0]], [[], "We are closed."]);
  let record: CallRecord | undefined;
  await eventually(`the recording is ${state}`, async () => {
    const answer = await rig.get(`/records?call=${caller.callSid}`);
    record = answer.ok ? await answer.json() : void await answer.body?.cancel();
    return record?.message?.recording === state;
  }, WAIT_MS);
  return record!;
}

function audioOf(rig: BridgeRig, callSid: string, headers: Record<string, string> = {}): Promise<Response> {
  return rig.get(`/records/${callSid}/recording`, { headers });
}

/** A message from the beep to the webhook, where records are kept as `env` says. */
async function wholeWay(temp: TempFolder, env: Record<string, string>): Promise<void> {
  await using hook = new WebhookEndpoint();
  await using speech = new EmulatedTranscriptionApi({ transcribe: () => WORDS });
  const webhook = { url: hook.url, signingSecret: undefined, messages: "whole" as const };
  const options: BridgeRigOptions = {
    env: { DATA_DIR: temp.path, OPENAI_BASE_URL: speech.url, ...env },
    keepsRecords: true,
    business: { language: "en", ...closedBusiness({ deleteAtTwilio: true, webhook }) },
  };
  await using rig = await BridgeRig.start(options);
  const { recordings } = rig.rest.registry;
  recordings.failNext(404); // a recording becomes available a little late
  const record = await leaveMessage(rig, "kept");
  assert.deepEqual([record.reason, record.from, record.streams], ["message_left", "+15550100001", 0]);
  assert.deepEqual([record.message?.durationMs, record.message?.transcript], [1_000, MASKED]);
  assert.deepEqual(speech.requests.map(({ model, languages }) => [model, languages]), [["gpt-transcribe", [
    "en",
  ]]]);

  const whole = await audioOf(rig, record.callSid);
  const wav = new Uint8Array(await whole.arrayBuffer());
  assert.deepEqual([whole.status, whole.headers.get("content-type"), wav.length], [200, "audio/wav", 16_044]);
  const part = await audioOf(rig, record.callSid, { range: "bytes=44-53" });
  assert.deepEqual([part.status, part.headers.get("content-range")], [206, "bytes 44-53/16044"]);
  assert.deepEqual(new Uint8Array(await part.arrayBuffer()), wav.subarray(44, 54));
  const beyond = await audioOf(rig, record.callSid, { range: "bytes=99999-" });
  assert.deepEqual([beyond.status, beyond.headers.get("content-range")], [416, "bytes */16044"]);
  const nobody = await fetch(`${rig.line.server}/records/${record.callSid}/recording`);
  const none = await audioOf(rig, "CA0");
  assert.deepEqual([nobody.status, none.status], [401, 404]);
  for (const { body } of [beyond, nobody, none]) await body?.cancel();

  const told = () => hook.received.map(({ body }) => JSON.parse(body)).filter(({ record }) => record.message);
  await eventually("the webhook has the words", () => told().some(({ messages }) => messages), WAIT_MS);
  const last = told().find(({ messages }) => messages);
  assert.deepEqual(last.messages, [{ atMs: 0, name: null, number: "+15550100001", text: WORDS }]);
  assert.equal(last.record.message.transcript, MASKED);
  await eventually("Twilio's copy is deleted", () => recordings.files.size === 0, WAIT_MS);
  assert.ok(
    !rig.log.events.some(({ attributes }) => JSON.stringify(attributes).includes("0123")),
    "in the log",
  );
}

Deno.test("A message left after hours becomes a record with its words and its recording, goes to the webhook whole, and leaves Twilio", async () => {
  using temp = new TempFolder();
  await wholeWay(temp, {});
  const [file, ...others] = temp.names("recordings");
  assert.match(file, /^\d{15}_RE[0-9a-f]{32}\.wav$/);
  assert.equal(others.length, 0);
  assert.equal(Deno.statSync(`${temp.path}/recordings/${file}`).mode! & 0o777, 0o600);
  assert.equal(Deno.statSync(`${temp.path}/recordings`).mode! & 0o777, 0o700);
  assert.deepEqual([temp.names("outbox/messages"), temp.names("outbox/deletions")], [[], []]);
});

mongoTest("A message left after hours is kept in MongoDB where records are", async (server) => {
  using temp = new TempFolder();
  await wholeWay(temp, { MONGODB_URI: server.uri });
  assert.deepEqual(temp.names("").includes("recordings"), false);
});

Deno.test("A business that only links recordings has none fetched", async () => {
  using temp = new TempFolder();
  await using speech = new EmulatedTranscriptionApi();
  await using rig = await BridgeRig.start({
    env: { DATA_DIR: temp.path, OPENAI_BASE_URL: speech.url },
    keepsRecords: true,
    business: closedBusiness({ recordings: "link" }),
  });
  const { message, callSid } = await leaveMessage(rig, "linked");
  assert.deepEqual([message?.recordingProblem, message?.transcript, speech.requests], [null, null, []]);
  assert.deepEqual(rig.rest.requests, []);
  const answer = await audioOf(rig, callSid);
  assert.equal(answer.status, 404);
  await answer.body?.cancel();
});

Deno.test("A business without transcription keeps recordings and no words; one that keeps no records has the words sent", async () => {
  using temp = new TempFolder();
  await using hook = new WebhookEndpoint();
  await using speech = new EmulatedTranscriptionApi({ transcribe: () => WORDS });
  const env = { DATA_DIR: temp.path, OPENAI_BASE_URL: speech.url };
  {
    const business = { ...closedBusiness(), transcription: null };
    await using rig = await BridgeRig.start({ env, keepsRecords: true, business });
    const { message } = await leaveMessage(rig, "kept");
    assert.deepEqual([message?.transcript, speech.requests], [null, []]);
  }
  const webhook = { url: hook.url, signingSecret: undefined };
  await using rig = await BridgeRig.start({
    env,
    keepsRecords: true,
    business: closedBusiness({ retentionDays: 0, webhook }),
  });
  await rig.caller().place();
  const messages = () => hook.received.flatMap(({ body }) => JSON.parse(body).record.message ?? []);
  // Nothing is kept to merge with, so each delivery has what was noted then, in no order.
  const withWords = () => messages().find(({ transcript }) => transcript === MASKED);
  await eventually("the words are sent", () => withWords() !== undefined, WAIT_MS);
  assert.equal(withWords().recording, "linked");
  assert.equal(temp.names("recordings").length, 1, "of the first call alone");
});
