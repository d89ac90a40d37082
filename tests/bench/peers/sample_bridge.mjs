// A bridge as most begin: one socket to Twilio, one to the model, mu-law passed through as it comes, a mark behind each piece of
// audio, and on an interruption the time of Twilio's last frame as what was heard. In the manner of Twilio's sample for
// Node.js, with the same libraries. To be measured beside Slimline; see peers_bench.ts.
//
//   PORT, PUBLIC_URL, OPENAI_REALTIME_URL   as Slimline has them

import Fastify from "fastify";
import formBody from "@fastify/formbody";
import webSocket from "@fastify/websocket";
import { WebSocket } from "ws";

const { PORT, PUBLIC_URL, OPENAI_REALTIME_URL } = process.env;
const STREAM_URL = `${PUBLIC_URL.replace(/^http/, "ws")}/media-stream`;
const TWIML = `<Response><Connect><Stream url="${STREAM_URL}"/></Connect></Response>`;
const format = { type: "audio/pcmu" };
const SESSION = {
  type: "realtime",
  model: "gpt-realtime",
  output_modalities: ["audio"],
  instructions: "You answer the telephone.",
  audio: { input: { format, turn_detection: { type: "server_vad" } }, output: { format, voice: "alloy" } },
};

const server = Fastify();
server.register(formBody);
server.register(webSocket, { options: { perMessageDeflate: false } });
server.all("/voice", (_request, reply) => reply.type("text/xml").send(TWIML));
server.register((routes, _options, done) => {
  routes.get("/media-stream", { websocket: true }, (twilio) => bridge(twilio));
  done();
});
await server.listen({ port: Number(PORT), host: "127.0.0.1" });

function bridge(twilio) {
  const model = new WebSocket(`${OPENAI_REALTIME_URL}?model=gpt-realtime`, {
    headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}` },
  });
  let streamSid, item;
  let [frameMs, answerMs] = [0, undefined];
  const marks = [];
  const say = (socket, message) => socket.send(JSON.stringify(message));

  model.on("open", () => {
    say(model, { type: "session.update", session: SESSION });
    say(model, { type: "response.create" }); // the agent speaks first
  });
  model.on("message", (data) => {
    const event = JSON.parse(data);
    if (event.type === "response.output_audio.delta") {
      say(twilio, { event: "media", streamSid, media: { payload: event.delta } });
      say(twilio, { event: "mark", streamSid, mark: { name: "part" } });
      marks.push("part");
      answerMs ??= frameMs;
      item = event.item_id;
    } else if (event.type === "input_audio_buffer.speech_started" && marks.length > 0) {
      const audio_end_ms = frameMs - answerMs;
      say(model, { type: "conversation.item.truncate", item_id: item, content_index: 0, audio_end_ms });
      say(twilio, { event: "clear", streamSid });
      marks.length = 0;
      answerMs = item = undefined;
    }
  });
  model.on("error", (error) => console.error(error.message));
  twilio.on("message", (data) => {
    const message = JSON.parse(data);
    if (message.event === "media") {
      frameMs = Number(message.media.timestamp);
      if (model.readyState !== WebSocket.OPEN) return;
      say(model, { type: "input_audio_buffer.append", audio: message.media.payload });
    } else if (message.event === "start") streamSid = message.start.streamSid;
    else if (message.event === "mark") marks.shift();
  });
  twilio.on("close", () => model.close());
}
