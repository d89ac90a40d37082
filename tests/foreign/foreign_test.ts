import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { echoAgent } from "../../src/lab/openai/agents/echo_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { selfSigned } from "../../src/lab/openai/wire/self_signed.ts";
import { hasTone } from "../../src/lab/call/tone_detector.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { readLines } from "../../src/util/read_lines.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { SampleBridge } from "./sample_bridge.ts";
import { killProcess } from "../support/kill_process.ts";

/*
 * Bridges and clients that others have written, against the emulators. What comes from npm has a lock of its own here, so that
 * the project's stays small; where it cannot be had, its tests are skipped.
 */

const CONFIG = "tests/foreign/deno.json";
const hasPackages = await canInstall();

async function canInstall(): Promise<boolean> {
  const args = ["install", "--quiet", "--frozen", "--config", "deno.json"];
  const command = new Deno.Command("deno", { args, cwd: "tests/foreign", stdout: "null", stderr: "null" });
  const { success } = await command.output();
  if (!success) console.log("Foreign clients from npm cannot be had: their tests are skipped.");
  return success;
}

/** Runs a client of this folder. */
function start(name: string, ...args: string[]): Deno.ChildProcess {
  const flags = [
    "--quiet",
    "--frozen",
    "--config",
    CONFIG,
    "--allow-net=127.0.0.1",
    "--allow-env",
    "--allow-read",
  ];
  return new Deno.Command("deno", {
    args: ["run", ...flags, `tests/foreign/${name}`, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** A caller of a bridge that verifies nobody. */
function callerOf(server: string, path: string): SimulatedCaller {
  const answer = { link: { url: server + path, method: "POST" as const } };
  const line = { clock: new SystemClock(), server, publicUrl: server, accountSid: `AC${"0".repeat(32)}` };
  return new SimulatedCaller({ line, answer });
}

Deno.test({
  name: "npm openai, with ws, talks to the emulated model over TLS as to the real one",
  ignore: !hasPackages,
  fn: async () => {
    const tls = await selfSigned(Date.now());
    const certificate = await Deno.makeTempFile({ suffix: ".pem" });
    await Deno.writeTextFile(certificate, tls.cert);
    await using emulator = new EmulatedRealtimeApi({
      tls,
      agent: scriptedAgent([
        { on: "turn", call: { name: "look_up", arguments: { id: 7 } } },
        { on: "tool_result", say: { toneMs: 500, transcript: "It is 42." } },
        { say: { toneMs: 100, transcript: "In writing." } },
      ]),
    });
    const base = emulator.url.replace("wss", "https").replace("/realtime", "");
    try {
      const { code, stdout } = await start("openai_client.js", base, certificate).output();
      assert.equal(code, 0);
      const seen = JSON.parse(new TextDecoder().decode(stdout));
      assert.deepEqual(seen.errors, ["invalid_value"], "the one that it asked for");
      assert.deepEqual(seen.calls, [["look_up", `{"id":7}`, "completed"]]);
      assert.deepEqual([seen.transcripts, seen.texts], [["It is 42."], ["In writing."]]);
      assert.equal(seen.audioBytes, 4_000);
      assert.ok(seen.types.includes("conversation.item.input_audio_transcription.completed"));
    } finally {
      await Deno.remove(certificate);
    }
    assert.deepEqual(emulator.sessions[0].record.end?.code, 1000);
  },
});

Deno.test({
  name: "a bridge by OpenAI's Agents SDK carries a call: greeting, tool, interruption, end",
  ignore: !hasPackages,
  fn: async () => {
    await using emulator = new EmulatedRealtimeApi({
      agent: scriptedAgent([
        { on: "greeting", say: { toneMs: 600, frequencyHz: 500 } },
        { on: "turn", call: { name: "look_up", arguments: { id: 7 } } },
        { on: "tool_result", say: { toneMs: 8_000, frequencyHz: 700 } },
        { on: "turn", say: { toneMs: 500, frequencyHz: 900 } },
      ]),
    });
    const child = start("agents_bridge.js", emulator.url);
    const lines = readLines(child.stdout);
    const said: Record<string, unknown>[] = [];
    try {
      const { port } = JSON.parse((await lines.next()).value ?? "{}");
      const reading = (async () => {
        for await (const line of lines) said.push(JSON.parse(line));
      })();
      const caller = callerOf(`http://127.0.0.1:${port}`, "/incoming-call");
      const over = caller.place();
      const hears = (hz: number) => () =>
        hasTone(caller.player.heard(performance.now()).subarray(-8_000), hz);
      assert.ok(await caller.until(hears(500), 10_000), "the greeting");
      caller.speech.say(CallerSpeech.tone(440, 800));
      assert.ok(await caller.until(hears(700), 10_000), "the answer that the tool led to");
      caller.speech.say(CallerSpeech.tone(440, 800));
      assert.ok(await caller.until(() => caller.player.clears.length > 0, 5_000), "the interruption");
      assert.ok(await caller.until(hears(900), 10_000), "the answer to it");
      caller.hangUp();
      const { problems } = await over;
      assert.deepEqual(problems, []);
      await eventually("the bridge lets go of the session", () => emulator.stats().sessionsOpen === 0);
      child.kill("SIGTERM");
      await reading;
    } finally {
      killProcess(child, "SIGKILL");
      await child.status;
    }
    assert.deepEqual(said.filter((line) => "tool" in line), [{ tool: "look_up", id: 7 }]);
    assert.ok(said.some((line) => "interrupted" in line));
    assert.deepEqual(said.filter((line) => "error" in line), []);
    const { record } = emulator.sessions[0];
    assert.deepEqual(emulator.stats().errors, {});
    const { itemId, audioEndMs } = record.truncations.at(-1)!;
    assert.ok(audioEndMs < 8_000 && record.audio.get(itemId)!.sentMs >= audioEndMs, `${audioEndMs} ms`);
  },
});

/** A call of the sample: an answer that says back what it heard, which the caller interrupts. */
async function callSample(greets: boolean) {
  await using emulator = new EmulatedRealtimeApi({ agent: echoAgent() });
  await using bridge = new SampleBridge({ openai: emulator.url, apiKey: "sk-test", greets });
  const caller = callerOf(bridge.url, "/incoming-call");
  const over = caller.place();
  await caller.until(() => caller.isConnected, 10_000);
  if (greets) {
    assert.ok(await caller.until(() => caller.player.receivedBytes > 0, 10_000), "the greeting");
    await caller.until(() => caller.player.endMs < performance.now(), 5_000);
  } else await emulator.session(1).then((session) => session.received("session.update"));
  const hears = (hz: number) => () => hasTone(caller.player.heard(performance.now()).subarray(-8_000), hz);
  caller.speech.say(CallerSpeech.tone(600, 3_000));
  assert.ok(await caller.until(hears(600), 10_000), "the echo");
  caller.speech.say(CallerSpeech.tone(440, 700));
  assert.ok(await caller.until(() => caller.player.clears.length > 0, 5_000), "the interruption");
  assert.ok(await caller.until(hears(440), 10_000), "the echo of it");
  caller.hangUp();
  const report = await over;
  await eventually("the session is over", () => emulator.stats().sessionsOpen === 0);
  return { report, caller, errors: bridge.errors, record: emulator.sessions[0].record };
}

Deno.test("what Twilio's own sample does is taken: its words, its audio, its marks, its interruption", async () => {
  const { report, caller, errors, record } = await callSample(false);
  assert.deepEqual(report.said, ["Please wait while we connect your call.", "O.K. you can start talking!"]);
  assert.deepEqual([report.problems, errors], [[], []]);
  const { marks, clears } = caller.player;
  assert.ok(marks.length > 3 && marks.every(({ name }) => name === "responsePart"));
  assert.ok(clears[0].discardedBytes > 0);
  const [{ audioEndMs }] = record.truncations;
  assert.ok(audioEndMs > 0 && audioEndMs < 3_500, `${audioEndMs} ms`);
});

Deno.test("the sample counts an interruption from its greeting on, which is refused as by the API, and goes on", async () => {
  const { report, errors, record } = await callSample(true);
  assert.deepEqual(report.problems, []);
  const [{ code, param, message }, ...more] = errors as Record<string, string>[];
  assert.deepEqual([code, param, more.length], ["invalid_value", "audio_end_ms", 0]);
  assert.match(message, /^Audio content of \d+ms is already shorter than \d+ms$/);
  assert.equal(record.truncations.length, 0);
});
