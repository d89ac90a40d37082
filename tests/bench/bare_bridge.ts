// The least that a bridge can do on this runtime: mu-law frames go to the model as they come, or several at a time, and its
// audio goes back in the messages that it came in. No signature, marks, interruption, transcript or limit. What a call takes
// here is what the runtime's sockets take, and so the floor of what Slimline can. To be run under the load that Slimline is
// measured with: it answers any webhook, and takes a stream at any path.
//
//   deno run --allow-net --allow-env=PORT,PUBLIC_URL,OPENAI_REALTIME_URL,AUDIO_FORMAT,APPEND_MS tests/bench/bare_bridge.ts
//
//   PORT, PUBLIC_URL, OPENAI_REALTIME_URL   as Slimline has them
//   AUDIO_FORMAT                            pcm24k: the model speaks PCM at 24 kHz, six times as many bytes, of which a
//                                           sixth goes on as it is. What callers hear is noise; what the sockets take is true
//   APPEND_MS                               milliseconds of audio in an append, a multiple of 20 (default 20)

/** 8 bytes a millisecond. */
const APPEND_BYTES = 8 * Number(Deno.env.get("APPEND_MS") ?? 20);
const PORT = Number(Deno.env.get("PORT") ?? 8080);
const STREAM_URL = (Deno.env.get("PUBLIC_URL") ?? `http://127.0.0.1:${PORT}`).replace(/^http/, "ws") +
  "/stream";
const TWIML = `<Response><Connect><Stream url="${STREAM_URL}"/></Connect></Response>`;
const MODEL_URL = `${Deno.env.get("OPENAI_REALTIME_URL")}?model=gpt-realtime`;
const input = { format: { type: "audio/pcmu" } };
/** Of the model's audio, as base64, one character of so many goes on. */
const THINNED = Deno.env.get("AUDIO_FORMAT") === "pcm24k" ? 6 : 1;
const output = THINNED === 1 ? input : { format: { type: "audio/pcm", rate: 24_000 } };
const SESSION = { type: "realtime", audio: { input, output } };

/** As a server's log says it, for whoever waits for that. */
const onListen = ({ port }: Deno.NetAddr) => console.error(JSON.stringify({ event: "listening", port }));

Deno.serve({ hostname: "127.0.0.1", port: PORT, onListen }, (request) => {
  if (request.headers.get("upgrade") !== "websocket") {
    return new Response(TWIML, { headers: { "content-type": "text/xml" } });
  }
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  bridge(socket);
  return response;
});

function bridge(twilio: WebSocket): void {
  const model = new WebSocket(MODEL_URL, { headers: { authorization: "Bearer none" } });
  let streamSid = "";
  const audio = new Uint8Array(APPEND_BYTES);
  let filled = 0;
  // The agent speaks first, for which the load's callers wait: once both ends are there.
  const greet = () => {
    if (streamSid && model.readyState === WebSocket.OPEN) model.send(`{"type":"response.create"}`);
  };
  twilio.onmessage = ({ data }) => {
    const message: string = data;
    const payload = valueOf(message, "payload");
    if (payload === undefined) {
      if (streamSid) return;
      streamSid = valueOf(message, "streamSid") ?? "";
      return greet();
    }
    filled += audio.subarray(filled).setFromBase64(payload).written;
    if (filled < APPEND_BYTES) return;
    filled = 0;
    if (model.readyState !== WebSocket.OPEN) return;
    model.send(`{"type":"input_audio_buffer.append","audio":"${audio.toBase64()}"}`);
  };
  twilio.onclose = () => model.close();
  model.onopen = () => {
    model.send(JSON.stringify({ type: "session.update", session: SESSION }));
    greet();
  };
  model.onmessage = ({ data }) => {
    const message: string = data;
    if (!message.startsWith(`{"type":"response.output_audio.delta"`)) return;
    const delta = valueOf(message, "delta");
    if (delta === undefined || twilio.readyState !== WebSocket.OPEN) return;
    const payload = delta.slice(0, Math.ceil(delta.length / THINNED / 4) * 4);
    twilio.send(`{"event":"media","streamSid":"${streamSid}","media":{"payload":"${payload}"}}`);
  };
  model.onclose = () => twilio.close();
}

/** The string of a key, in a message without escapes. */
function valueOf(message: string, key: string): string | undefined {
  const start = message.indexOf(`"${key}":"`);
  if (start < 0) return undefined;
  const from = start + key.length + 4;
  return message.slice(from, message.indexOf(`"`, from));
}
