import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { muLawEncode } from "../../src/audio/mulaw_buffers.ts";
import { BridgeRig, RIG_ADMIN_TOKEN } from "../support/bridge_rig.ts";
import { eventually } from "../support/eventually.ts";
import { MAX_LINES } from "../../src/lab/telephone/browser_telephone.ts";
import { PageLine } from "../support/page_line.ts";
import { TalkReader } from "../support/talk_reader.ts";

const AUTHORIZATION = { authorization: `Bearer ${RIG_ADMIN_TOKEN}` };

/** A second of a tone, as loud as speech. */
const tone = muLawEncode(
  Int16Array.from({ length: 8_000 }, (_, at) => Math.round(8_000 * Math.sin(2 * Math.PI * 440 * at / 8_000))),
);

Deno.test("A call by browser goes through webhook, token and stream; its talk can be followed; nothing is left of it", async () => {
  await using rig = await BridgeRig.start();
  const page = await PageLine.open(rig.line.server, AUTHORIZATION);
  page.call("default");
  const callSid = await page.placed;
  const talk = await TalkReader.open(`${rig.line.server}/dashboard/talk?call=${callSid}`, AUTHORIZATION);
  await talk.until((entries) => entries.some(({ text }) => text === "(chime)"));
  page.say(tone);
  await talk.until((entries) => entries.some(({ text }) => /echo of/.test(text ?? "")));
  await eventually("the echo has come", () => page.heardBytes > 8_000 + 7_000);
  page.press("5");
  await talk.until((entries) => entries.some(({ digits }) => digits === "5"));
  const [{ number }] = (await (await rig.get("/calls")).json()).calls;
  assert.equal(number, "client", "a browser has no number of which digits could be shown");
  assert.ok(talk.turns.length > 0 && talk.turns[0].playedMs >= talk.turns[0].receivedMs);
  page.hangUp();
  const over = await page.over;
  assert.deepEqual([over.by, over.problems], ["caller", []]);
  await eventually("nothing is left", () => rig.app.isIdle && rig.summaries.length === 1);
  const [{ reason, info }] = rig.summaries;
  assert.deepEqual([reason, info.callSid, info.from], ["caller_hung_up", callSid, "client:browser"]);
  await talk.cancel();
});

Deno.test("Whoever speaks while the agent does silences it at once, and the model is told what the page had played", async () => {
  const agent = scriptedAgent([{ on: "greeting", say: { toneMs: 20_000, transcript: "A long story." } }]);
  await using rig = await BridgeRig.start({ emulator: { agent } });
  const page = await PageLine.open(rig.line.server, AUTHORIZATION);
  page.call("default");
  const callSid = await page.placed;
  const talk = await TalkReader.open(`${rig.line.server}/dashboard/talk?call=${callSid}`, AUTHORIZATION);
  await eventually("a second is heard", () => page.playedMs > 1_000);
  page.say(tone);
  await talk.until((entries) => entries.some(({ kind }) => kind === "interruption"));
  const session = await rig.emulator.session(1);
  const { heardMs } = talk.entries.find(({ kind }) => kind === "interruption")!;
  assert.equal(heardMs, session.record.truncations[0].audioEndMs);
  assert.ok(Math.abs(heardMs! - page.playedMs) < 150, `${heardMs} ms told, ${page.playedMs} ms played`);
  page.hangUp();
  await page.over;
  await talk.cancel();
});

Deno.test("An agent that hangs up ends the call of a browser, which Twilio's REST API does not know", async () => {
  const agent = scriptedAgent([
    {
      on: "greeting",
      say: { toneMs: 200, transcript: "Goodbye." },
      call: { name: "end_call", arguments: {} },
    },
  ]);
  await using rig = await BridgeRig.start({
    emulator: { agent },
  });
  const page = await PageLine.open(rig.line.server, AUTHORIZATION);
  page.call("default");
  const over = await page.over;
  assert.deepEqual([over.by, over.problems], ["server", []]);
  assert.deepEqual(rig.rest.requests, []);
});

Deno.test("The telephone is for operators, and for pages of its own server", async () => {
  await using rig = await BridgeRig.start();
  const { server } = rig.line;
  const paths = ["", "/worklet.js", "/line"];
  for (const path of paths) {
    const stranger = await fetch(`${server}/dashboard/telephone${path}`);
    assert.equal(stranger.status, 401, path);
    const isForm = /name="token"[^]*name="place" value="\/dashboard\/telephone"/.test(await stranger.text());
    assert.equal(isForm, path === "", "the page asks for the token, and is come back to");
    const headers = { ...AUTHORIZATION, origin: "https://elsewhere.example" };
    const elsewhere = await fetch(`${server}/dashboard/telephone${path}`, { headers });
    await elsewhere.body?.cancel();
    assert.equal(elsewhere.status, 403, path);
  }
  const speech = await rig.get("/dashboard/telephone/speech", { method: "POST", body: `{"text":"Hello."}` });
  assert.equal(speech.status, 501); // no OpenAI behind it
  await speech.body?.cancel();
});

Deno.test("A line takes one call of a business that there is, and closes on what is no message of the page", async () => {
  await using rig = await BridgeRig.start();
  for (
    const wrong of [
      "{}",
      "hello",
      `{"event":"call","business":"nobody","from":"client:x","delayMs":0}`,
      new Uint8Array(161),
    ]
  ) {
    const page = await PageLine.open(rig.line.server, AUTHORIZATION);
    page.send(wrong);
    assert.equal((await page.closed).code, 1008);
  }
  await eventually("no line is left", () => rig.app.isIdle);
});

Deno.test("A bounded number of browsers call at once: another one is told to come back, and may once one has hung up", async () => {
  await using rig = await BridgeRig.start();
  const pages = await Promise.all(
    Array.from({ length: MAX_LINES }, () => PageLine.open(rig.line.server, AUTHORIZATION)),
  );
  const asked = async () => {
    const answer = await fetch(`${rig.line.server}/dashboard/telephone/line`, {
      headers: { ...AUTHORIZATION, upgrade: "websocket", connection: "upgrade" },
    });
    return { status: answer.status, text: await answer.text() };
  };
  assert.deepEqual(await asked(), { status: 503, text: "There are 8 lines, all in use.\n" });
  pages[0].hangUp(); // without having called
  await pages[0].closed;
  const next = await PageLine.open(rig.line.server, AUTHORIZATION);
  next.call("default");
  await next.placed;
  next.hangUp();
  await next.over;
  for (const page of pages) page.hangUp();
  await Promise.all(pages.map(({ closed }) => closed));
});

Deno.test("A line as far away as is asked for: what is said and heard takes so long each way", async () => {
  const agent = scriptedAgent([{ on: "greeting", say: { toneMs: 2_000, transcript: "Hello." } }]);
  await using rig = await BridgeRig.start({ emulator: { agent } });
  const firstSoundMs = async (delayMs: number) => {
    const page = await PageLine.open(rig.line.server, AUTHORIZATION);
    const beganMs = performance.now();
    page.call("default", delayMs);
    await eventually("sound is heard", () => page.heardBytes > 0);
    const tookMs = performance.now() - beganMs;
    page.hangUp();
    await page.over;
    return tookMs;
  };
  await firstSoundMs(0); // what is loaded on first use is loaded
  const [near, far] = [await firstSoundMs(0), await firstSoundMs(600)];
  assert.ok(far - near > 1_000, `${near} ms and ${far} ms: there and back once at least`);
});
