import type { Clock } from "../../util/clock.ts";
import { DelayLine } from "./delay_line.ts";
import { newId } from "./ids.ts";
import type { ErrorBody } from "./protocol_error.ts";
import type { EmulatorStats } from "./stats.ts";
import type { ServerSocket } from "./wire/server_socket.ts";

export interface ErrorDetails {
  param?: string | null;
  /** The client event that caused it. */
  eventId?: string | null;
}

/** Server event without its `event_id`. Its `type` comes first on the wire, as OpenAI's does. */
export interface ServerEvent {
  type: string;
  [field: string]: unknown;
}

/** The way to the client: numbers events, delays them as the network would, counts errors. */
export class SessionLine {
  readonly #socket: ServerSocket;
  readonly #delay: DelayLine;
  readonly #stats: EmulatorStats;
  /** False from the moment that the session begins to end. */
  isOpen = true;

  constructor(socket: ServerSocket, clock: Clock, delayMs: number, stats: EmulatorStats) {
    this.#socket = socket;
    this.#delay = new DelayLine(clock, delayMs);
    this.#stats = stats;
  }

  send({ type, ...fields }: ServerEvent): void {
    this.sendText(JSON.stringify({ type, event_id: newId("event"), ...fields }));
  }

  /** Sends a message that is JSON already. */
  sendText(text: string): void {
    if (this.isOpen) this.#delay.pass(() => this.#socket.send(text));
  }

  error(body: ErrorBody, { param = null, eventId = null }: ErrorDetails = {}): void {
    this.#stats.errors[body.code] = (this.#stats.errors[body.code] ?? 0) + 1;
    this.send({ type: "error", error: { ...body, param, event_id: eventId } });
  }

  /** Closes behind what was sent before. */
  close(code: number, reason = ""): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#delay.pass(() => this.#socket.close(code, reason));
  }

  /** Cuts the connection at once; what is under way is lost. */
  drop(): void {
    this.release();
    this.#socket.drop();
  }

  stall(): void {
    this.release();
    this.#socket.stall();
  }

  /** Nothing is sent any more. */
  release(): void {
    this.isOpen = false;
    this.#delay.clear();
  }
}
