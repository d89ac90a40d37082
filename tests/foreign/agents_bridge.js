// A bridge from Twilio's media streams to OpenAI's Agents SDK (npm `@openai/agents-realtime`), as its guide has it. Run by
// foreign_test.ts with the Realtime API's URL; says where it listens, then what its session has seen, as JSON lines.

const [SDK, SCHEMA] = ["@openai/agents-realtime", "zod"];
const { RealtimeAgent, RealtimeSession, OpenAIRealtimeWebSocket, tool } = await import(SDK);
const { z } = await import(SCHEMA);

const [url] = Deno.args;
const say = (line) => console.log(JSON.stringify(line));

function bridge(socket) {
  const lookUp = tool({
    name: "look_up",
    description: "Looks something up.",
    parameters: z.object({ id: z.number() }),
    execute: ({ id }) => {
      say({ tool: "look_up", id });
      return `number ${id}`;
    },
  });
  const agent = new RealtimeAgent({ name: "Desk", instructions: "Answer the telephone.", tools: [lookUp] });
  const session = new RealtimeSession(agent, {
    transport: new OpenAIRealtimeWebSocket({ url: `${url}?model=gpt-realtime-2.1` }),
    model: "gpt-realtime-2.1",
    config: {
      audio: {
        input: {
          format: { type: "audio/pcmu" },
          turnDetection: { type: "server_vad", silenceDurationMs: 300 },
        },
        output: { format: { type: "audio/pcmu" }, voice: "marin" },
      },
    },
  });
  let streamSid;
  const send = (message) => socket.send(JSON.stringify({ ...message, streamSid }));
  session.on("audio", ({ data }) => {
    const payload = btoa(String.fromCharCode(...new Uint8Array(data)));
    send({ event: "media", media: { payload } });
  });
  session.on("audio_interrupted", () => {
    say({ interrupted: true });
    send({ event: "clear" });
  });
  session.on("error", ({ error }) => say({ error: error?.error?.code ?? String(error) }));
  const connected = session.connect({ apiKey: "sk-test" });
  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data);
    if (message.event === "start") {
      streamSid = message.start.streamSid;
      await connected;
      session.transport.sendEvent({ type: "response.create" });
    } else if (message.event === "media" && session.transport.status === "connected") {
      session.sendAudio(Uint8Array.from(atob(message.media.payload), (char) => char.charCodeAt(0)).buffer);
    }
  };
  socket.onclose = () => {
    session.close();
    say({ closed: true });
  };
}

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
  const { pathname, host } = new URL(request.url);
  if (pathname === "/media-stream") {
    const { socket, response } = Deno.upgradeWebSocket(request);
    bridge(socket);
    return response;
  }
  const twiml = `<?xml version="1.0" encoding="UTF-8"?>
<Response><Say>One moment.</Say><Connect><Stream url="wss://${host}/media-stream"/></Connect></Response>`;
  return new Response(twiml, { headers: { "content-type": "text/xml" } });
});
say({ port: server.addr.port });
