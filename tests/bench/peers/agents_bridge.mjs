// A bridge on OpenAI's Agents SDK, by its own transport for Twilio. To be measured beside Slimline; see peers_bench.ts.
//
//   PORT, PUBLIC_URL, OPENAI_REALTIME_URL   as Slimline has them

import { createServer } from "node:http";
import { RealtimeAgent, RealtimeSession } from "@openai/agents/realtime";
import { TwilioRealtimeTransportLayer } from "@openai/agents-extensions";
import { WebSocketServer } from "ws";

const { PORT, PUBLIC_URL, OPENAI_REALTIME_URL, OPENAI_API_KEY } = process.env;
const STREAM_URL = `${PUBLIC_URL.replace(/^http/, "ws")}/media-stream`;
const TWIML = `<Response><Connect><Stream url="${STREAM_URL}"/></Connect></Response>`;
const agent = new RealtimeAgent({ name: "Agent", instructions: "You answer the telephone." });

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { "content-type": "text/xml" }).end(TWIML);
});
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (twilio) => bridge(twilio));
});
server.listen(Number(PORT), "127.0.0.1");

async function bridge(twilioWebSocket) {
  twilioWebSocket.on("error", () => {});
  const transport = new TwilioRealtimeTransportLayer({
    twilioWebSocket,
    url: `${OPENAI_REALTIME_URL}?model=gpt-realtime`,
  });
  const format = { type: "audio/pcmu" };
  const session = new RealtimeSession(agent, {
    transport,
    model: "gpt-realtime",
    config: { audio: { input: { format }, output: { format, voice: "alloy" } } },
  });
  session.on("error", ({ error }) => console.error(error));
  try {
    await session.connect({ apiKey: OPENAI_API_KEY });
    transport.requestResponse(); // the agent speaks first
  } catch (error) {
    console.error(error);
    twilioWebSocket.close();
  }
}
