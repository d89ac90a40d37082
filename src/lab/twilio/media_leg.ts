import type { Timer } from "../../util/clock.ts";
import type { Line } from "./line.ts";
import * as messages from "./emulated_stream_messages.ts";
import type { SpeechSource } from "./speech_source.ts";
import type { Handset } from "./handset.ts";
import { DelayLine } from "./network.ts";
import type { Player } from "./player.ts";
import { FRAME_MS } from "./caller_speech.ts";
import { type CloseInfo, WebSocketClient } from "./web_socket_client.ts";

/** Twilio's code and words for something that it does not like. */
export interface Problem {
  /** Of Twilio's error dictionary; 0 where that has none. */
  code: number;
  /** What was not as it should be. */
  message: string;
}

/** How the caller's side ends a stream. */
export type CallerHangUp =
  /** `stop`, then the socket is closed: the rule. */
  | "stop_and_close"
  /** The socket is closed with no `stop` before it. */
  | "close_only"
  /** `stop`, and then nothing: the server has to close. */
  | "stop_only"
  /** The connection breaks with neither `stop` nor a close frame. */
  | "drop";

/** How a stream ended, and who began it. */
export interface MediaLegEnd extends CloseInfo {
  /** Who began it. */
  by: "caller" | "server" | "network";
}

/** What a leg tells the call that it is part of. Every message is told when it reaches the caller. */
export interface MediaLegHandlers {
  onAudio(isNewRun: boolean): void;
  onClear(): void;
  onProblem(problem: Problem): void;
}

/** What a stream is opened with. */
export interface MediaLegOptions {
  line: Line;
  url: string;
  headers: Record<string, string>;
  identity: messages.StreamIdentity;
  parameters: Record<string, string>;
  speech: SpeechSource;
  player: Player;
  /** Speaks and hears in place of `speech` and `player`. */
  handset?: Handset;
  handlers: MediaLegHandlers;
}

/** Caller audio that the server has not read; beyond it Twilio throws audio away (warning 31930). */
const MAX_UPLINK_BACKLOG_BYTES = 256 * 1024;
/** After `stop` with no close, the server has so long to close. */
const STOP_ONLY_TIMEOUT_MS = 10_000;

/**
 * One `<Stream>` of one call: the socket, the caller's audio going up every 20 ms, the player that what comes
 * down is heard by, and the distance between the two ends.
 */
export class MediaLeg {
  /** Resolves when the stream has ended, from either side. */
  readonly ended: Promise<MediaLegEnd>;
  /** The clock's time of `start`. */
  readonly startedMs: number;
  /** Frames of caller audio sent, and thrown away because the server did not read. */
  framesSent = 0;
  framesLost = 0;

  readonly #options: MediaLegOptions;
  readonly #socket: WebSocketClient;
  readonly #up: DelayLine;
  readonly #down: DelayLine;
  readonly #resolveEnded: (end: MediaLegEnd) => void;
  #sequence = 1;
  #chunk = 0;
  #tick: Timer | undefined;
  #markTimers = new Set<Timer>();
  #muteUntilMs = 0;
  #isLeaving = false;
  #hasEnded = false;

  /**
   * Opens the stream and sends `connected` and `start`.
   *
   * @throws {WebSocketRefusedError}
   */
  static async open(options: MediaLegOptions): Promise<MediaLeg> {
    const socket = await WebSocketClient.connect(options.url, { headers: options.headers });
    const leg = new MediaLeg(options, socket);
    socket.listen({
      onText: (text) => leg.#arrive(text),
      onBinary: () => leg.#problem(31950, "The server sent a binary message."),
      onClose: (info) => leg.#closed(info),
    });
    return leg;
  }

  private constructor(options: MediaLegOptions, socket: WebSocketClient) {
    this.#options = options;
    this.#socket = socket;
    const { clock, network } = options.line;
    this.#up = new DelayLine(clock, network);
    // Another seed, or both directions would shake in step.
    this.#down = new DelayLine(clock, { ...network, seed: (network?.seed ?? 1) + 0x9e3779b9 });
    const { promise, resolve } = Promise.withResolvers<MediaLegEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.startedMs = clock.now();
    this.#send(messages.connectedMessage());
    this.#send(messages.startMessage(options.identity, options.parameters));
    if (options.handset) this.#connect(options.handset);
    else this.#scheduleFrame();
  }

  get streamSid(): string {
    return this.#options.identity.streamSid;
  }

  /** Sends a key press. */
  press(digit: string): void {
    this.#send(messages.dtmfMessage(++this.#sequence, digit, this.streamSid));
  }

  /** Sends no audio for so long, as when packets are lost: the timestamps afterwards show the gap. */
  mute(ms: number): void {
    this.#muteUntilMs = this.#options.line.clock.now() + ms;
  }

  /** Reads nothing from now on, as a peer that hangs: hears nothing, echoes nothing, and goes on to send. */
  stopReading(): void {
    this.#socket.stopReading();
  }

  /** Sends a message as it is, for tests of what a server makes of what Twilio would not send. */
  sendRaw(message: string | Uint8Array): void {
    if (typeof message === "string") return this.#send(message);
    this.#up.carry(() => this.#socket.sendBinary(message));
  }

  /** Ends the stream from the caller's side. */
  leave(how: CallerHangUp = "stop_and_close"): void {
    if (this.#isLeaving || this.#hasEnded) return;
    this.#isLeaving = true;
    this.#quiet();
    if (how === "drop") return this.#socket.drop();
    if (how !== "close_only") this.#send(messages.stopMessage(++this.#sequence, this.#options.identity));
    if (how !== "stop_only") return this.#up.carry(() => this.#socket.close(1000));
    const { clock } = this.#options.line;
    this.#markTimers.add(clock.at(clock.now() + STOP_ONLY_TIMEOUT_MS, () => {
      this.#problem(31924, `The server did not close within ${STOP_ONLY_TIMEOUT_MS} ms of stop.`);
      this.#socket.drop();
    }));
  }

  #send(text: string): void {
    this.#up.carry(() => this.#socket.send(text));
  }

  #scheduleFrame(): void {
    const dueMs = this.startedMs + (this.#chunk + 1) * FRAME_MS;
    this.#tick = this.#options.line.clock.at(dueMs, () => {
      const nowMs = this.#options.line.clock.now();
      // All that is due: a late tick must not make the caller speak slower.
      while (!this.#isLeaving && this.startedMs + (this.#chunk + 1) * FRAME_MS <= nowMs) {
        this.#sendFrame(this.#options.speech.takeFrame(this.startedMs + this.#chunk * FRAME_MS));
      }
      if (!this.#isLeaving) this.#scheduleFrame();
    });
  }

  /** @param payload undefined: it was lost, and only the next one's timestamp tells */
  #sendFrame(payload: string | undefined): void {
    const { line, identity } = this.#options;
    const timestampMs = this.#chunk++ * FRAME_MS;
    if (payload === undefined || line.clock.now() < this.#muteUntilMs) return;
    if (this.#socket.backlogBytes > MAX_UPLINK_BACKLOG_BYTES) {
      if (this.framesLost++ === 0) this.#problem(31930, "The server reads too slowly; caller audio is lost.");
      return;
    }
    this.framesSent++;
    this.#send(
      messages.mediaMessage(++this.#sequence, this.#chunk, timestampMs, payload, identity.streamSid),
    );
  }

  #arrive(text: string): void {
    this.#down.carry(() => {
      if (!this.#isLeaving && !this.#hasEnded) this.#take(text);
    });
  }

  #take(text: string): void {
    const { player, handset, handlers, line, identity } = this.#options;
    const nowMs = line.clock.now();
    const message = messages.readServerMessage(text, identity.streamSid);
    if (message instanceof messages.InvalidMessage) return this.#problem(31951, message.reason);
    if (handset) return this.#give(handset, message);
    if (message.event === "clear") {
      this.#echo(player.clear(nowMs));
      return handlers.onClear();
    }
    if (message.event === "mark") return this.#takeMark(message.name);
    const runs = player.runs.length;
    if (!player.media(nowMs, message.audio)) this.#overflown();
    handlers.onAudio(player.runs.length > runs);
  }

  #connect(handset: Handset): void {
    handset.connect({
      speak: (payload) => {
        if (!this.#isLeaving) this.#sendFrame(payload);
      },
      played: (name) => {
        if (!this.#isLeaving) this.#echo([name]);
      },
    });
  }

  #give(handset: Handset, message: messages.ServerMessage): void {
    switch (message.event) {
      case "media":
        return handset.hear(message.audio.slice()) ? undefined : this.#overflown();
      case "mark":
        return handset.mark(message.name);
      case "clear":
        handset.clear();
        return this.#options.handlers.onClear();
    }
  }

  #overflown(): void {
    this.#problem(31931, "More than ten minutes of audio are buffered.");
  }

  #takeMark(name: string): void {
    const { player, line } = this.#options;
    const dueMs = player.mark(line.clock.now(), name);
    if (dueMs <= line.clock.now()) return this.#echo(player.takePlayedMarks(line.clock.now()));
    const timer = line.clock.at(dueMs, () => {
      this.#markTimers.delete(timer);
      this.#echo(player.takePlayedMarks(line.clock.now()));
    });
    this.#markTimers.add(timer);
  }

  #echo(names: string[]): void {
    for (const name of names) {
      this.#send(messages.markMessage(++this.#sequence, name, this.streamSid));
    }
  }

  #problem(code: number, message: string): void {
    this.#options.handlers.onProblem({ code, message });
  }

  #closed(info: CloseInfo): void {
    // What the server had sent before it closed is still on its way, and is heard first.
    if (this.#isLeaving) return this.#end({ ...info, by: "caller" });
    if (info.code === 1006) return this.#end({ ...info, by: "network" });
    this.#down.carry(() => this.#end({ ...info, by: this.#isLeaving ? "caller" : "server" }));
  }

  #end(end: MediaLegEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#quiet();
    this.#up.cut();
    this.#down.cut();
    this.#resolveEnded(end);
  }

  /** The caller neither speaks nor hears any more. */
  #quiet(): void {
    this.#tick?.cancel();
    for (const timer of this.#markTimers) timer.cancel();
    this.#markTimers.clear();
    this.#options.handset?.disconnect();
    this.#options.player.stop(this.#options.line.clock.now());
  }
}
