import assert from "node:assert/strict";
import { readLineWav } from "../../../src/audio/wav.ts";
import { muLawEncode } from "../../../src/audio/mulaw_buffers.ts";
import { AgentScriptError, parseAgentScript } from "../../../src/lab/openai/agents/agent_script.ts";
import { scriptAgent } from "../../../src/lab/openai/agents/script_agent.ts";
import { AgentClip } from "../../../src/lab/openai/audio/agent_clip.ts";
import { spokenText } from "../../../src/lab/openai/audio/heard_words.ts";
import { spokenTones } from "../../../src/lab/openai/audio/tone.ts";
import { wireCodec } from "../../../src/lab/openai/audio/wire_codec.ts";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { eventually } from "../../support/eventually.ts";
import { Client, type Json } from "./client.ts";

const SILENCE = 0xff;

/** A talk with a scripted model over mu-law. */
class Talk implements AsyncDisposable {
  private constructor(readonly emulator: EmulatedRealtimeApi, readonly client: Client) {}

  static async open(script: Json, clips: Record<string, Int16Array> = {}): Promise<Talk> {
    const loaded = Object.entries(clips).map(([name, samples]) =>
      [name, { samples, clip: AgentClip.fromMuLaw(muLawEncode(samples)) }] as const
    );
    const emulator = new EmulatedRealtimeApi({
      speed: Infinity,
      agent: scriptAgent(parseAgentScript(JSON.stringify(script)), new Map(loaded)),
    });
    const pcmu = { type: "audio/pcmu" };
    const client = await Client.open(emulator, {
      audio: { input: { format: pcmu, transcription: { model: "whisper-1" } }, output: { format: pcmu } },
      tools: ["find", "end_call"].map((name) => ({ type: "function", name })),
    });
    return new Talk(emulator, client);
  }

  /** Says mu-law, and returns what is answered. */
  async hear(speech: Uint8Array): Promise<Json> {
    const bytes = new Uint8Array(speech.length + 8 * 700).fill(SILENCE);
    bytes.set(speech, 8 * 100);
    this.client.append(wireCodec("audio/pcmu").decode(bytes), "audio/pcmu");
    return await this.answer();
  }

  say(words: string): Promise<Json> {
    return this.hear(spokenTones(spokenText(words)).muLaw());
  }

  async answer(): Promise<Json> {
    return (await this.client.next("response.done")).response.output;
  }

  async [Symbol.asyncDispose]() {
    await this.client[Symbol.asyncDispose]();
    await this.emulator.stop();
  }
}

const wordsOf = (output: Json) => output.map((item: Json) => item.content?.[0].transcript ?? item.name);

Deno.test("a scripted model greets, hears words in tones, calls tools with them, and says what they gave", async () => {
  await using talk = await Talk.open({
    greeting: "Good morning",
    replies: [
      {
        when: ["book a table", "booking"],
        say: "One moment",
        call: { name: "find", arguments: { for: "{words}" } },
      },
      { after: "find", when: "error", say: "It failed" },
      { after: "find", say: "Table {table} is free, {nothing}" },
      { when: "bye", say: "Goodbye", call: { name: "end_call" } },
    ],
    otherwise: "Pardon",
  });
  const { client } = talk;
  client.send({ type: "response.create" });
  assert.deepEqual(wordsOf(await talk.answer()), ["Good morning"]);
  const answer = await talk.say("I would like to book a table, please!");
  assert.deepEqual(wordsOf(answer), ["One moment", "find"]);
  assert.deepEqual(JSON.parse(answer[1].arguments), { for: "… … … … book a table …" });
  const give = async (output: string) => {
    const { call_id } = answer[1];
    client.send({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id, output },
    });
    client.send({ type: "response.create" });
    return wordsOf(await talk.answer());
  };
  assert.deepEqual(await give(`{"table":4}`), ["Table 4 is free, {nothing}"]);
  assert.deepEqual(await give(`{"error":"down"}`), ["It failed"]);
  assert.deepEqual(wordsOf(await talk.say("table book")), ["Pardon"], "the phrase is in another order");
  assert.deepEqual(wordsOf(await talk.say("bye")), ["Goodbye", "end_call"]);
  const understood = () =>
    client.events.filter(({ type }) => type.endsWith("transcription.completed")).map((event) =>
      event.transcript
    );
  await eventually("the last turn is transcribed", () => understood().length === 3);
  assert.deepEqual(understood().slice(1), ["table book", "bye"]);
});

Deno.test("a scripted model goes by turn, else says its plain replies one after the other", async () => {
  await using talk = await Talk.open({
    replies: [{ say: "First" }, { turn: 3, say: ["Third", { toneMs: 100, words: "beep" }] }, {
      say: "Second",
    }],
  });
  const tone = spokenTones("hello there").muLaw();
  assert.deepEqual(wordsOf(await talk.hear(tone)), ["First"]);
  assert.deepEqual(wordsOf(await talk.hear(tone)), ["Second"]);
  assert.deepEqual(wordsOf(await talk.hear(tone)), ["Third", "beep"]);
  assert.deepEqual(wordsOf(await talk.hear(tone)), ["Pardon?"]);
});

Deno.test("a scripted model knows callers' clips by their sound, keys by their text, and speaks clips", async () => {
  const booking = await readLineWav("tests/fixtures/booking.wav");
  const interruption = await readLineWav("tests/fixtures/interruption.wav");
  await using talk = await Talk.open({
    hears: [
      { clip: "booking", words: "I would like to book a table" },
      { clip: "interruption", words: "make it three people" },
    ],
    replies: [
      { when: "three", say: "Three, then" },
      { when: "table", say: { clip: "interruption", words: "Yes" } },
      { when: "0", say: "To the desk" },
    ],
  }, { booking, interruption });
  assert.deepEqual(wordsOf(await talk.hear(muLawEncode(booking))), ["Yes"]);
  const { sentMs } = talk.emulator.sessions[0].record;
  assert.ok(Math.abs(sentMs - interruption.length / 8) < 1, `${sentMs} ms`);
  assert.deepEqual(wordsOf(await talk.hear(muLawEncode(interruption))), ["Three, then"]);
  talk.client.send({
    type: "conversation.item.create",
    item: {
      type: "message",
      role: "user",
      content: [{ type: "input_text", text: "The caller pressed key 0." }],
    },
  });
  talk.client.send({ type: "response.create" });
  assert.deepEqual(wordsOf(await talk.answer()), ["To the desk"]);
});

Deno.test("a script says what is wrong with it", () => {
  const wrong: [string, RegExp][] = [
    ["{", /no JSON/],
    [`{"replys":[]}`, /replys/],
    [`{"replies":[{"say":5}]}`, /replies\.0\.say/],
    [`{"failures":[{"failure":"explode"}]}`, /failures\.0\.failure/],
    [`{"failures":[{"failure":"drop"}]}`, /failures\.0\.at/],
    [`{"failures":[{"failure":"drop","at":{"on":"sometime"}}]}`, /failures\.0\.at\.on/],
    [`{"failures":[{"failure":"drop","at":{"on":"elapsed"}}]}`, /failures\.0\.at\.afterMs/],
    [`{"failures":[{"failure":"close","at":{"on":"session_created"}}]}`, /failures\.0\.code/],
    [`{"failures":[{"failure":"slow_response","delayMs":"long"}]}`, /failures\.0\.delayMs/],
    [`{"failures":[{"failure":"silent_model","turn":2}]}`, /failures\.0\.turn/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(
      () => parseAgentScript(text),
      (error) => error instanceof AgentScriptError && message.test(error.message),
      text,
    );
  }
});
