import { encodeBase64 } from "../../audio/base64.ts";
import type { TelephoneServer } from "../../app/lazy_telephone.ts";
import { NO_BUSINESS } from "../../businesses/business.ts";
import { after, type Timer } from "../../util/clock.ts";
import type { CallChange } from "../../carrier/twilio/twilio_rest.ts";
import { newSid } from "../twilio/emulated_call.ts";
import type { Handset, HandsetLine } from "../twilio/handset.ts";
import { SimulatedCaller } from "../twilio/simulated_caller.ts";
import { numberOf } from "./called_number.ts";
import { LINE_FRAME_BYTES, type LineMessage, type PageMessage, readPageMessage } from "./line_messages.ts";

/** A page that is connected says whom it calls within this time, or is cut off. */
const CALLS_WITHIN_MS = 10_000;
/** What waits for a page that does not read, in bytes: ten minutes, as Twilio buffers. More is lost. */
const MAX_UNREAD_BYTES = 4_800_000;
/** A page with so much to read gets no answer to a ping: short messages weigh far more than they say. */
const MAX_UNREAD_BEFORE_PONG = 65_536;
/** Codes of RFC 6455. */
const CLOSE = { normal: 1000, policy: 1008 } as const;

/**
 * The line between a page and the carrier, for one call. To the page it is a WebSocket that ends with the
 * call; to the carrier it is the caller's handset: what the page says goes up as it comes, and what comes
 * down is played by the page, which alone knows when a mark was heard.
 */
export class BrowserLine implements Handset {
  /** Resolves when the call is over and the page has been told. */
  readonly ended: Promise<void>;
  readonly #server: TelephoneServer;
  readonly #socket: WebSocket;
  readonly #end = Promise.withResolvers<void>();
  readonly #patience: Timer;
  /** What the page may still send counts for nothing. */
  #isRefused = false;
  #caller: SimulatedCaller | undefined;
  #line: HandsetLine | undefined;
  readonly #bytes = new Uint8Array(LINE_FRAME_BYTES);

  /** @param socket of a page that is about to say whom it calls */
  constructor(server: TelephoneServer, socket: WebSocket) {
    this.#server = server;
    this.#socket = socket;
    this.ended = this.#end.promise;
    this.#patience = after(server.clock, CALLS_WITHIN_MS, () => this.#refuse("Nobody was called."));
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    socket.addEventListener("close", () => this.#closed());
  }

  /** The call; undefined before the page has placed it. */
  get callSid(): string | undefined {
    return this.#caller?.callSid;
  }

  /** Does to the call what Twilio's REST API would be asked for. Returns false when it is over. */
  update(change: CallChange): boolean {
    return this.#caller?.update(change) ?? false;
  }

  /** Ends the call from the caller's side; the page is told. */
  hangUp(): void {
    if (this.#caller) this.#caller.hangUp();
    else this.#refuse("The telephone is switched off.");
  }

  connect(line: HandsetLine): void {
    this.#line = line;
  }

  hear(audio: Uint8Array<ArrayBuffer>): boolean {
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) return false;
    if (this.#isOpen) this.#socket.send(audio);
    return true;
  }

  mark(name: string): void {
    this.#tell({ event: "mark", mark: name });
  }

  clear(): void {
    this.#tell({ event: "clear" });
  }

  disconnect(): void {
    this.#line = undefined;
    this.#tell({ event: "clear" });
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  #tell(message: LineMessage): void {
    if (this.#isOpen) this.#socket.send(JSON.stringify(message));
  }

  #receive(data: unknown): void {
    if (this.#isRefused) return;
    if (data instanceof ArrayBuffer) return this.#speak(data);
    const message = typeof data === "string" ? readPageMessage(data) : undefined;
    if (!message) return this.#refuse("That is no message of the page.");
    switch (message.event) {
      case "call":
        return this.#call(message);
      case "key":
        return this.#caller?.press(message.key);
      case "played":
        return this.#line?.played(message.mark);
      case "hang_up":
        return this.hangUp();
      case "ping":
        if (this.#socket.bufferedAmount > MAX_UNREAD_BEFORE_PONG) return;
        return this.#tell({ event: "pong", atMs: message.atMs });
    }
  }

  #speak(frame: ArrayBuffer): void {
    if (frame.byteLength === 0) return this.#line?.speak(undefined);
    if (frame.byteLength !== LINE_FRAME_BYTES) return this.#refuse("A frame has 160 bytes, or none.");
    this.#bytes.set(new Uint8Array(frame));
    this.#line?.speak(encodeBase64(this.#bytes));
  }

  #call({ business: id, from, delayMs }: Extract<PageMessage, { event: "call" }>): void {
    if (this.#caller) return this.#refuse("A line is for one call.");
    const { clock, businesses, publicUrl, accountSid, authToken } = this.#server;
    const business = businesses.byId(id);
    const to = business === NO_BUSINESS ? undefined : numberOf(business, businesses);
    if (to === undefined) return this.#refuse("There is no such business that can be called.");
    this.#patience.cancel();
    const caller = this.#caller = new SimulatedCaller({
      line: { clock, server: this.#server.address(), publicUrl, accountSid, authToken, network: { delayMs } },
      callSid: newSid("CA"),
      from,
      to,
      handset: this,
      statusCallback: { url: "/voice/status", method: "POST" },
      onEvent: ({ atMs, event: what, detail }) =>
        this.#tell({ event: "happened", atMs: Math.round(atMs), what, detail }),
    });
    this.#tell({ event: "placed", callSid: caller.callSid });
    void caller.place().then(({ endedBy, problems }) => {
      this.#tell({
        event: "over",
        by: endedBy,
        problems: problems.map(({ code, message }) => `${code} ${message}`),
      });
      this.#close(CLOSE.normal);
      this.#end.resolve();
    });
  }

  #refuse(reason: string): void {
    this.#isRefused = true;
    this.#close(CLOSE.policy, reason);
    this.#closed();
  }

  #close(code: number, reason?: string): void {
    if (this.#isOpen) this.#socket.close(code, reason);
  }

  /** The page is gone, as when its tab is closed: the caller has put the receiver down. */
  #closed(): void {
    this.#patience.cancel();
    if (this.#caller) this.#caller.hangUp();
    else this.#end.resolve();
  }
}
