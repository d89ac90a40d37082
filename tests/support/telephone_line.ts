import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import type { PlaybackOutput } from "../../src/call/playback/playback_sender.ts";
import type { Clock } from "../../src/util/clock.ts";

type Message = { kind: "audio"; muLaw: Uint8Array } | { kind: "mark"; name: string } | { kind: "clear" };

/** Audio as it lay in the player. `bytes` is cut where a clear cut it. */
interface Played {
  startMs: number;
  bytes: Uint8Array;
}

/** A silence between two pieces of audio, at the player. */
export interface Gap {
  fromMs: number;
  toMs: number;
  /** Bytes played before it. */
  position: number;
}

/**
 * Twilio and the caller's ear, exactly: what is sent arrives `delayMs` later and is played at 8 bytes a millisecond, one
 * behind another. A mark is echoed when the audio before it was played, or at once on `clear`, and needs `delayMs` back.
 */
export class TelephoneLine implements PlaybackOutput {
  /** Gets the name of each mark that comes back. */
  onEcho: (name: string) => void = () => {};
  /** Audio that has lain in the player at most, in milliseconds. */
  peakBufferedMs = 0;
  /** When each piece of audio was sent, and how long it is. */
  readonly sends: { atMs: number; bytes: number }[] = [];
  /** Names of all marks in the order in which they were sent. */
  readonly marks: string[] = [];
  /** Bytes sent before each mark of {@link marks}. */
  readonly markedAt: number[] = [];
  /** Bytes that lie in the socket, as far as playback can see. */
  backlogBytes = 0;
  /** When `clear` arrived last. */
  clearedAtMs = -1;

  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #underWay: { dueMs: number; message: Message }[] = [];
  #waiting: { name: string; dueMs: number; isCancelled: boolean }[] = [];
  #played: Played[] = [];
  #busyUntilMs = 0;
  #stalledUntilMs = 0;
  #sentBytes = 0;

  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** The network lets nothing arrive for `durationMs` from now; then all of it arrives at once. */
  stall(durationMs: number): void {
    this.#stalledUntilMs = this.#clock.now() + durationMs;
  }

  sendMedia(payload: string): void {
    const muLaw = Uint8Array.fromBase64(payload);
    this.#sentBytes += muLaw.length;
    this.sends.push({ atMs: this.#clock.now(), bytes: muLaw.length });
    this.#send({ kind: "audio", muLaw });
  }

  sendMark(name: string): void {
    this.marks.push(name);
    this.markedAt.push(this.#sentBytes);
    this.#send({ kind: "mark", name });
  }

  sendClear(): void {
    this.#send({ kind: "clear" });
  }

  /** What the caller has heard until now. */
  get heard(): Uint8Array {
    const now = this.#clock.now();
    const pieces = this.#played.map(({ startMs, bytes }) =>
      bytes.subarray(0, Math.max(0, Math.min(bytes.length, Math.floor((now - startMs) * BYTES_PER_MS))))
    );
    const heard = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let offset = 0;
    for (const piece of pieces) {
      heard.set(piece, offset);
      offset += piece.length;
    }
    return heard;
  }

  /** Silences between pieces of audio. */
  get gaps(): Gap[] {
    const gaps: Gap[] = [];
    let endMs = this.#played[0]?.startMs ?? 0;
    let position = 0;
    for (const { startMs, bytes } of this.#played) {
      if (startMs - endMs > 0.01) gaps.push({ fromMs: endMs, toMs: startMs, position });
      endMs = startMs + bytes.length / BYTES_PER_MS;
      position += bytes.length;
    }
    return gaps;
  }

  #send(message: Message): void {
    const dueMs = Math.max(this.#clock.now(), this.#stalledUntilMs) + this.#delayMs;
    this.#underWay.push({ dueMs, message });
    if (dueMs <= this.#clock.now()) return this.#arrive();
    this.#clock.at(dueMs, () => this.#arrive());
  }

  /** What was sent first arrives first, however the clock orders equal deadlines. */
  #arrive(): void {
    while (this.#underWay.length > 0 && this.#underWay[0].dueMs <= this.#clock.now()) {
      this.#take(this.#underWay.shift()!.message);
    }
  }

  #take(message: Message): void {
    const now = this.#clock.now();
    switch (message.kind) {
      case "audio": {
        const startMs = Math.max(now, this.#busyUntilMs);
        this.#played.push({ startMs, bytes: message.muLaw });
        this.#busyUntilMs = startMs + message.muLaw.length / BYTES_PER_MS;
        this.peakBufferedMs = Math.max(this.peakBufferedMs, this.#busyUntilMs - now);
        return;
      }
      case "mark": {
        const waiting = { name: message.name, dueMs: Math.max(now, this.#busyUntilMs), isCancelled: false };
        this.#waiting.push(waiting);
        this.#clock.at(waiting.dueMs, () => this.#onPlayed(waiting));
        return;
      }
      case "clear":
        this.clearedAtMs = now;
        this.#busyUntilMs = now;
        this.#played = this.#played.filter(({ startMs }) => startMs < now).map(({ startMs, bytes }) => ({
          startMs,
          bytes: bytes.subarray(0, Math.floor((now - startMs) * BYTES_PER_MS)),
        }));
        for (const waiting of this.#waiting.splice(0)) {
          waiting.isCancelled = true;
          this.#echo(waiting.name);
        }
    }
  }

  #onPlayed(mark: { name: string; isCancelled: boolean }): void {
    if (mark.isCancelled) return;
    mark.isCancelled = true;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== mark);
    this.#echo(mark.name);
  }

  #echo(name: string): void {
    this.#clock.at(this.#clock.now() + this.#delayMs, () => this.onEcho(name));
  }
}
