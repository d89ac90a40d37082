import {
  isSignedByAny,
  streamUrls,
  TwilioSigner,
  webhookUrls,
} from "../../../src/carrier/twilio/signature.ts";

export const PUBLIC_URL = "https://phone.example.test";
export const AUTH_TOKEN = "12345";
export const ACCOUNT_SID = "AC00000000000000000000000000000001";

const STREAM_TWIML = `<?xml version="1.0" encoding="UTF-8"?>
<Response><Connect action="/after"><Stream url="wss://phone.example.test/media">
<Parameter name="token" value="a&amp;b"/></Stream></Connect></Response>`;

/** A webhook as the server got it. */
export interface Hook {
  path: string;
  form: Record<string, string>;
  isSigned: boolean;
}

/**
 * A media server in a few lines: checks signatures, answers webhooks with `twiml[path]`, says back each frame that it
 * hears, or hands the socket to `onMessage`.
 */
export class EchoServer implements AsyncDisposable {
  readonly url: string;
  readonly hooks: Hook[] = [];
  readonly messages: string[] = [];
  readonly upgrades: Record<string, string>[] = [];
  twiml: Record<string, string | Response> = {
    "/voice": STREAM_TWIML,
    "/after": "<Response><Say>Goodbye</Say></Response>",
  };
  onMessage: (socket: WebSocket, text: string) => void = echo;
  upgradeStatus = 101;
  readonly #signer = new TwilioSigner(AUTH_TOKEN);
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (r) => this.#handle(r));
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose]() {
    await this.#server.shutdown();
  }

  async #handle(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const signature = request.headers.get("x-twilio-signature");
    if (pathname === "/media") {
      const isSigned = await isSignedByAny(
        [this.#signer],
        signature,
        streamUrls(`wss://phone.example.test${pathname}`),
      );
      if (!isSigned) return new Response(null, { status: 403 });
      if (this.upgradeStatus !== 101) return new Response(null, { status: this.upgradeStatus });
      this.upgrades.push(Object.fromEntries(request.headers));
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => {
        this.messages.push(data);
        this.onMessage(socket, data);
      };
      return response;
    }
    const params = new URLSearchParams(request.method === "POST" ? await request.text() : "");
    const isSigned = await isSignedByAny(
      [this.#signer],
      signature,
      webhookUrls(PUBLIC_URL + pathname + search),
      params,
    );
    this.hooks.push({ path: pathname, form: Object.fromEntries(params), isSigned });
    const answer = this.twiml[pathname];
    if (answer instanceof Response) return answer.clone();
    if (answer === undefined) return new Response(null, { status: 404 });
    return new Response(answer, { headers: { "content-type": "text/xml" } });
  }
}

function echo(socket: WebSocket, text: string) {
  const { event, media, streamSid } = JSON.parse(text);
  if (event !== "media") return;
  socket.send(JSON.stringify({ event: "media", streamSid, media: { payload: media.payload } }));
}
