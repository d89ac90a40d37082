import assert from "node:assert/strict";
import { encodeBase64 } from "../../src/audio/base64.ts";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { eventually } from "./eventually.ts";
import { OPERATORS_TOKEN, ServeProcess } from "./serve_process.ts";
import { ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL, SERVER_ENV } from "./server_rig.ts";
import { mediaText, startText, STREAM_SID } from "./stream_messages.ts";
import { TempFolder } from "./temp_folder.ts";

/*
 * A server as a process of its own between peers that know nothing of the program: OpenAI and Twilio as a test
 * writes them, message by message, over real sockets.
 */

type Message = Record<string, unknown>;

/** OpenAI's end of a session: confirms the configuration, and else only what a test writes. */
export class RawSession {
  readonly got: Message[] = [];
  isClosed = false;
  /** Milliseconds of the caller's sound that came. */
  appendedMs = 0;

  constructor(readonly socket: WebSocket) {
    socket.onopen = () => this.tell({ type: "session.created", session: { type: "realtime" } });
    socket.onclose = () => this.isClosed = true;
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "input_audio_buffer.append") {
        this.appendedMs += atob(event.audio).length / 8;
        return;
      }
      this.got.push(event);
      if (event.type === "session.update") this.tell({ type: "session.updated", session: event.session });
    };
  }

  tell(...events: Message[]): void {
    for (const event of events) this.socket.send(JSON.stringify(event));
  }

  of(type: string): Message[] {
    return this.got.filter((event) => event.type === type);
  }

  /** A whole response: so many milliseconds of sound, then items of its own, such as function calls. */
  respond(id: string, ms: number, ...items: Message[]): void {
    const at = { response_id: id, output_index: 0, content_index: 0 };
    const audio = encodeBase64(new Uint8Array(ms * 8).fill(0x90));
    const said = {
      type: "response.output_audio_transcript.done",
      ...at,
      item_id: `item_${id}`,
      transcript: "Words.",
    };
    const isSaid = ms > 0;
    this.tell(
      { type: "response.created", response: { id, status: "in_progress", output: [] } },
      ...isSaid
        ? [{ type: "response.output_audio.delta", ...at, item_id: `item_${id}`, delta: audio }, said]
        : [],
      ...items.map((item, index) => ({
        type: "response.output_item.done",
        response_id: id,
        output_index: index + 1,
        item,
      })),
      { type: "response.done", response: { id, status: "completed", output: items } },
    );
  }
}

/** Twilio's end of one stream. */
export class RawStream {
  readonly got: Message[] = [];
  readonly #closed = Promise.withResolvers<CloseEvent>();

  constructor(readonly socket: WebSocket) {
    socket.onmessage = ({ data }) => this.got.push(JSON.parse(data));
    socket.onclose = (event) => this.#closed.resolve(event);
  }

  get closed(): Promise<CloseEvent> {
    return this.#closed.promise;
  }

  /** The names of its messages, in order. */
  get events(): unknown[] {
    return this.got.map(({ event }) => event);
  }

  send(message: Message | string): void {
    this.socket.send(
      typeof message === "string" ? message : JSON.stringify({ streamSid: STREAM_SID, ...message }),
    );
  }

  /** Milliseconds of sound that came. */
  get soundMs(): number {
    return this.got.reduce(
      (sum, { media }) => sum + (media ? atob((media as { payload: string }).payload).length / 8 : 0),
      0,
    );
  }
}

export class RawPeers implements AsyncDisposable {
  readonly sessions: RawSession[] = [];
  readonly #temp = new TempFolder();
  readonly #signer = new TwilioSigner(AUTH_TOKEN);
  readonly #openAi: Deno.HttpServer<Deno.NetAddr>;
  #server: ServeProcess | undefined;
  #url = "";

  private constructor() {
    this.#openAi = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      this.sessions.push(new RawSession(socket));
      return response;
    });
  }

  static async start(business: Message = {}, env: Record<string, string> = {}): Promise<RawPeers> {
    await using held = new AsyncDisposableStack();
    const peers = held.use(new RawPeers());
    const folder = peers.#temp.path;
    const file = { name: "Acme", numbers: ["+15550100000"], instructions: "You answer.", ...business };
    peers.#temp.write("businesses/acme.json", JSON.stringify(file));
    const { server, port } = await ServeProcess.start({
      folder,
      env: {
        ...SERVER_ENV,
        OPENAI_REALTIME_URL: `ws://127.0.0.1:${peers.#openAi.addr.port}`,
        DATA_DIR: `${folder}/data`,
        BUSINESSES: `${folder}/businesses`,
        AUDIO_FORMAT: "pcmu",
        WARM_SESSIONS: "0",
        ...env,
      },
    });
    peers.#server = server;
    peers.#url = `http://127.0.0.1:${port}`;
    held.move();
    return peers;
  }

  /** Posts one of Twilio's webhooks. Returns its TwiML. */
  async hook(path: string, callSid: string, form: Record<string, string> = {}): Promise<string> {
    const body = new URLSearchParams({
      CallSid: callSid,
      AccountSid: ACCOUNT_SID,
      From: "+15550100001",
      To: "+15550100000",
      CallStatus: "in-progress",
      Direction: "inbound",
      ...form,
    });
    const signature = await this.#signer.sign(PUBLIC_URL + path, body);
    const headers = { "x-twilio-signature": signature, connection: "close" };
    const response = await fetch(this.#url + path, { method: "POST", body, headers });
    assert.ok(response.ok, `${path}: ${response.status}`);
    return await response.text();
  }

  /** Opens the stream of what a webhook has answered. */
  async open(twiml: string): Promise<RawStream> {
    const url = /<Stream url="([^"]+)"/.exec(twiml)?.[1];
    assert.ok(url, twiml);
    const headers = { "x-twilio-signature": await this.#signer.sign(url) };
    const socket = new WebSocket(this.#url.replace("http", "ws") + new URL(url).pathname, { headers });
    const opened = Promise.withResolvers<void>();
    socket.onopen = () => opened.resolve();
    socket.onerror = () => opened.reject(new Error("The stream was refused."));
    const stream = new RawStream(socket);
    await opened.promise;
    return stream;
  }

  /** A call that has begun, and whose session is configured. */
  async call(callSid: string, frames = 5): Promise<{ stream: RawStream; session: RawSession }> {
    const count = this.sessions.length;
    const stream = await this.open(await this.hook("/voice", callSid, { CallStatus: "ringing" }));
    stream.send(`{"event":"connected","protocol":"Call","version":"1.0.0"}`);
    stream.send(startText(callSid).replace(/AC[0-9a-f]{32}/, ACCOUNT_SID));
    for (let frame = 0; frame < frames; frame++) stream.send(mediaText(frame * 20));
    const isAsked = () => (this.sessions[count]?.of("response.create").length ?? 0) > 0;
    await eventually("the greeting is asked for", isAsked, 20_000);
    return { stream, session: this.sessions[count] };
  }

  /** The record of a call; undefined while there is none. */
  async record(callSid: string): Promise<Message | undefined> {
    const headers = { authorization: `Bearer ${OPERATORS_TOKEN}`, connection: "close" };
    const response = await fetch(`${this.#url}/records?call=${callSid}`, { headers });
    const text = await response.text();
    return response.ok ? JSON.parse(text) : undefined;
  }

  /** What the log says of an event so far, one object a line. */
  logged(event: string): Message[] {
    const lines = this.#server!.log.split("\n");
    return lines.filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.#openAi.shutdown();
    this.#temp[Symbol.dispose]();
  }
}
