import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { Playback } from "../../src/call/playback/playback.ts";
import type { Clock, Timer } from "../../src/util/clock.ts";
import { ManualClock } from "./manual_clock.ts";
import { TelephoneLine } from "./telephone_line.ts";

/** A clock whose deadlines all run late by the same time, as on a busy event loop. */
export class LateClock implements Clock {
  constructor(readonly inner: ManualClock, readonly lateMs: number) {}

  now(): number {
    return this.inner.now();
  }

  awake(): number {
    return this.inner.awake();
  }

  epoch(): number {
    return this.inner.epoch();
  }

  at(deadlineMs: number, run: () => void): Timer {
    return this.inner.at(deadlineMs + this.lateMs, run);
  }
}

export interface PlaybackRigOptions {
  /** One way, in milliseconds. */
  delayMs?: number;
  leadMs?: number;
  bufferMs?: number;
  /** How late playback's own deadlines run. */
  lateMs?: number;
  /** False: no mark ever comes back. */
  echoes?: boolean;
  isPausable?: boolean;
}

/** A playback whose output goes down a simulated telephone line. All bytes written differ from their neighbours. */
export class PlaybackRig {
  readonly clock = new ManualClock();
  readonly line: TelephoneLine;
  readonly playback: Playback;
  readonly overflowsMs: number[] = [];
  /** When playback gave its stream up. */
  readonly stalledAtMs: number[] = [];
  /** Everything written so far. */
  written = new Uint8Array(0);
  /** When each byte count was reached. */
  readonly writes: { atMs: number; total: number }[] = [];

  constructor(
    { delayMs = 0, leadMs = 10_000, bufferMs = 120_000, lateMs = 0, echoes = true, isPausable }:
      PlaybackRigOptions = {},
  ) {
    this.line = new TelephoneLine(this.clock, delayMs);
    this.playback = new Playback(this.line, new LateClock(this.clock, lateMs), {
      leadMs,
      bufferMs,
      isPausable,
    }, {
      onOverflow: (droppedMs) => this.overflowsMs.push(droppedMs),
      onStalled: () => this.stalledAtMs.push(this.clock.now()),
    });
    if (echoes) this.line.onEcho = (name) => this.playback.onMark(name);
    this.clock.advance(2 * delayMs); // the first probe is back
  }

  /** The model sends more of an item. */
  write(itemId: string, bytes: number, responseId = "resp_1"): number {
    const start = this.written.length;
    const grown = new Uint8Array(start + bytes);
    grown.set(this.written);
    for (let i = start; i < grown.length; i++) grown[i] = i * 31 + (i >> 8);
    this.written = grown;
    const lost = this.playback.write(itemId, responseId, grown.slice(start));
    this.writes.push({ atMs: this.clock.now(), total: grown.length });
    return lost;
  }

  /** The model has sent all of an item. */
  end(itemId: string, modelMs = 3_600_000): void {
    this.playback.endItem(itemId, modelMs);
  }

  /** Lets the caller hear all that is there. */
  playOut(): void {
    this.clock.advance(this.written.length / BYTES_PER_MS + 60_000);
  }

  /** Bytes written before `atMs`. */
  writtenBefore(atMs: number): number {
    return this.writes.findLast((write) => write.atMs < atMs)?.total ?? 0;
  }

  /** Positions of the marks of the current generation, in the order in which they were sent. */
  get markPositions(): number[] {
    return this.line.marks.filter((name) => name.startsWith("g")).map((name) => Number(name.split(":")[1]));
  }
}
