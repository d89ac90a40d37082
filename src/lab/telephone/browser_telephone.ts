import type { Telephone, TelephoneServer } from "../../app/lazy_telephone.ts";
import { closeOutsideEvents } from "../../carrier/twilio/stream_socket.ts";
import type { CallChange } from "../../carrier/twilio/twilio_rest.ts";
import type { ShownPage } from "../../http/dashboard/dashboard.ts";
import { type Handler, textResponse } from "../../http/router.ts";
import { noteUpgrade } from "../../http/upgraded_sockets.ts";
import { BrowserLine } from "./browser_line.ts";
import { speakSentence } from "./speak_sentence.ts";
import { telephonePage, telephoneWorklet } from "./telephone_page.ts";

/** Calls by browser at once. Another one is told to come back later. */
export const MAX_LINES = 8;

/** One server's telephone in the browser: the page, and Twilio's part of each of its calls. */
export class BrowserTelephone implements Telephone {
  readonly #server: TelephoneServer;
  readonly #lines = new Set<BrowserLine>();

  constructor(server: TelephoneServer) {
    this.#server = server;
  }

  /** Calls that are going on, or about to be placed. */
  get lines(): number {
    return this.#lines.size;
  }

  readonly page: ShownPage = (frame) => telephonePage(this.#server, frame);

  readonly worklet: Handler = () => telephoneWorklet();

  readonly speech: Handler = (request) => speakSentence(request, this.#server);

  readonly line: Handler = (request) => {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return textResponse(426, "This is the WebSocket of a telephone's page.", { upgrade: "websocket" });
    }
    if (this.#lines.size >= MAX_LINES) return textResponse(503, `There are ${MAX_LINES} lines, all in use.`);
    let upgraded: Deno.WebSocketUpgrade;
    try {
      upgraded = Deno.upgradeWebSocket(request);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return textResponse(400, "The upgrade lacks one of its headers: RFC 6455, section 4.1.");
    }
    const { socket, response } = upgraded;
    closeOutsideEvents(socket);
    noteUpgrade(response, socket);
    const line = new BrowserLine(this.#server, socket);
    this.#lines.add(line);
    void line.ended.then(() => this.#lines.delete(line));
    return response;
  };

  update(callSid: string, change: CallChange): boolean | undefined {
    for (const line of this.#lines) if (line.callSid === callSid) return line.update(change);
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const lines = [...this.#lines];
    for (const line of lines) line.hangUp();
    await Promise.all(lines.map(({ ended }) => ended));
  }
}
