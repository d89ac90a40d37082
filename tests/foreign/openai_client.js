// npm `openai` with npm `ws`, as a bridge uses them: opens a session over TLS, has audio heard, a function called, and text
// written. Run by foreign_test.ts with the API's base URL and its certificate; says what it has seen, as JSON.

const [SDK, CLIENT] = ["openai", "openai/realtime/ws"];
const { default: OpenAI } = await import(SDK);
const { OpenAIRealtimeWS } = await import(CLIENT);

const [baseURL, certificate] = Deno.args;
const ca = Deno.readTextFileSync(certificate);
const client = new OpenAI({ apiKey: "sk-test", baseURL });
const rt = new OpenAIRealtimeWS({ model: "gpt-realtime-2.1", options: { ca } }, client);
const seen = { types: [], errors: [], audioBytes: 0, transcripts: [], texts: [], calls: [] };

const events = [];
let cursor = 0;
let wake = () => {};
rt.on("event", (event) => {
  seen.types.push(event.type);
  events.push(event);
  wake();
});
/** The next event of a type that was not looked at yet. */
async function next(type) {
  for (;;) {
    const at = events.findIndex((event, index) => index >= cursor && event.type === type);
    if (at >= 0) {
      cursor = at + 1;
      return events[at];
    }
    await new Promise((resolve) => wake = resolve);
  }
}
rt.on("error", ({ error, message }) => seen.errors.push(error?.code ?? message));
rt.on("response.output_audio.delta", ({ delta }) => seen.audioBytes += Buffer.from(delta, "base64").length);
rt.on("response.output_audio_transcript.done", ({ transcript }) => seen.transcripts.push(transcript));
rt.on("response.output_text.done", ({ text }) => seen.texts.push(text));

setTimeout(() => Deno.exit(3), 30_000); // whatever is waited for does not come
const { Buffer } = await import("node:buffer");
await next("session.created");
rt.send({
  type: "session.update",
  session: {
    type: "realtime",
    audio: {
      input: {
        format: { type: "audio/pcmu" },
        transcription: { model: "gpt-4o-mini-transcribe" },
        turn_detection: { type: "server_vad", silence_duration_ms: 300 },
      },
      output: { format: { type: "audio/pcmu" }, voice: "marin" },
    },
    tools: [{ type: "function", name: "look_up", parameters: { type: "object", properties: {} } }],
  },
});
await next("session.updated");

// A second of a 500 Hz tone in mu-law, whose period is 16 bytes, then silence.
const period = [
  0xff,
  0xa8,
  0x9d,
  0x98,
  0x97,
  0x98,
  0x9d,
  0xa8,
  0xff,
  0x28,
  0x1d,
  0x18,
  0x17,
  0x18,
  0x1d,
  0x28,
];
const speech = Buffer.alloc(8000, Buffer.from(period));
for (const part of [speech, Buffer.alloc(4000, 0xff)]) {
  for (let at = 0; at < part.length; at += 160) {
    rt.send({
      type: "input_audio_buffer.append",
      audio: part.subarray(at, at + 160).toString("base64"),
    });
  }
}
const { item } = await next("response.output_item.done");
seen.calls.push([item.name, item.arguments, item.status]);
await next("response.done");
rt.send({
  type: "conversation.item.create",
  item: { type: "function_call_output", call_id: item.call_id, output: "42" },
});
rt.send({ type: "response.create" });
await next("response.done");
rt.send({ type: "response.create", response: { output_modalities: ["text"] } });
await next("response.done");
rt.send({ type: "session.update", session: { type: "realtime", output_modalities: [] } });
await next("error");
const closed = new Promise((resolve) => rt.socket.once("close", resolve));
rt.close();
await closed;
console.log(JSON.stringify(seen));
Deno.exit(0);
