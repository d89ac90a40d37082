/*
 * What Twilio's sample `speech-assistant-openai-realtime-api-node` (September 2025) does on the wire, made again in our own
 * words: it greets by <Say>, configures the session 100 ms after its connection, forwards audio both ways as it comes, one mark
 * for each delta, all of the same name, and on an interruption truncates by the newest media's timestamp.
 */

/** The settings of the sample that matter on the wire. */
export interface SampleBridgeOptions {
  /** Of the Realtime API, without query. */
  openai: string;
  apiKey: string;
  /** Whether the model speaks first. */
  greets: boolean;
}

/** The sample as a server on this machine. */
export class SampleBridge implements AsyncDisposable {
  readonly url: string;
  /** `error` events that the sample only logs. */
  readonly errors: unknown[] = [];
  readonly #options: SampleBridgeOptions;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(options: SampleBridgeOptions) {
    this.#options = options;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#handle(request),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose]() {
    await this.#server.shutdown();
  }

  #handle(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/media-stream") {
      const { socket, response } = Deno.upgradeWebSocket(request);
      this.#bridge(socket);
      return response;
    }
    if (pathname !== "/incoming-call") {
      return Response.json({ message: "Twilio Media Stream Server is running!" });
    }
    const twiml = `<?xml version="1.0" encoding="UTF-8"?>
                          <Response>
                              <Say voice="Google.en-US-Chirp3-HD-Aoede">Please wait while we connect your call.</Say>
                              <Pause length="1"/>
                              <Say voice="Google.en-US-Chirp3-HD-Aoede">O.K. you can start talking!</Say>
                              <Connect>
                                  <Stream url="wss://${request.headers.get("host")}/media-stream" />
                              </Connect>
                          </Response>`;
    return new Response(twiml, { headers: { "content-type": "text/xml" } });
  }

  #bridge(twilio: WebSocket): void {
    const { openai: url, apiKey, greets } = this.#options;
    let streamSid: string | null = null;
    let latestMediaMs = 0;
    let lastAssistantItem: string | null = null;
    let responseStartMs: number | null = null;
    let marks: string[] = [];
    const openai = new WebSocket(`${url}?model=gpt-realtime&temperature=0.8`, {
      headers: { Authorization: `Bearer ${apiKey}` },
    });
    const ask = (event: object) => openai.send(JSON.stringify(event));
    const tell = (message: object) => twilio.send(JSON.stringify(message));
    const configure = () => {
      ask({
        type: "session.update",
        session: {
          type: "realtime",
          model: "gpt-realtime",
          output_modalities: ["audio"],
          audio: {
            input: { format: { type: "audio/pcmu" }, turn_detection: { type: "server_vad" } },
            output: { format: { type: "audio/pcmu" }, voice: "alloy" },
          },
          instructions: "You are a helpful and bubbly AI assistant.",
        },
      });
      if (!greets) return;
      const content = [{ type: "input_text", text: "Greet the user." }];
      ask({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
      ask({ type: "response.create" });
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    openai.onopen = () => timer = setTimeout(configure, 100);
    openai.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "error") this.errors.push(event.error);
      if (event.type === "response.output_audio.delta" && event.delta) {
        tell({ event: "media", streamSid, media: { payload: event.delta } });
        responseStartMs ??= latestMediaMs;
        if (event.item_id) lastAssistantItem = event.item_id;
        if (streamSid) {
          tell({ event: "mark", streamSid, mark: { name: "responsePart" } });
          marks.push("responsePart");
        }
      }
      if (event.type !== "input_audio_buffer.speech_started") return;
      if (marks.length === 0 || responseStartMs === null) return;
      if (lastAssistantItem) {
        ask({
          type: "conversation.item.truncate",
          item_id: lastAssistantItem,
          content_index: 0,
          audio_end_ms: latestMediaMs - responseStartMs,
        });
      }
      tell({ event: "clear", streamSid });
      marks = [];
      lastAssistantItem = null;
      responseStartMs = null;
    };
    twilio.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.event === "media") {
        latestMediaMs = message.media.timestamp;
        if (openai.readyState === WebSocket.OPEN) {
          ask({ type: "input_audio_buffer.append", audio: message.media.payload });
        }
      } else if (message.event === "start") {
        streamSid = message.start.streamSid;
        responseStartMs = null;
        latestMediaMs = 0;
      } else if (message.event === "mark") marks.shift();
    };
    twilio.onclose = () => {
      clearTimeout(timer);
      openai.close();
    };
  }
}
