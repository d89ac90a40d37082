import { decodedBase64 } from "../../audio/base64.ts";
import type { Clock } from "../../util/clock.ts";
import type { DialStatus } from "./call_report.ts";
import { type CallerSpeech, SILENT_FRAME } from "./caller_speech.ts";
import { eachFrame } from "./frame_ticks.ts";
import { keyTones } from "./line_tones.ts";
import { Player } from "./player.ts";
import { SpeechSource } from "./speech_source.ts";

/** What becomes of a dialled number, and what whoever answers does. */
export interface DialOutcome {
  /** In Twilio's words. */
  status: DialStatus;
  /** How long it rings; default 0 ms. */
  ringMs?: number;
  /** How long the two talk when it is answered, until the called party hangs up; default 0 ms. */
  talkMs?: number;
  /** What the called party says then, once; default nothing. */
  says?: CallerSpeech;
}

/** Somebody whom a call was put through to: the other end of the line. */
export class DialledParty {
  /** Who was called. */
  readonly number: string;
  /** What it hears: the whisper, then the caller. */
  readonly player: Player = new Player();
  /** What it says. */
  readonly speech: SpeechSource = new SpeechSource();
  /** Texts that were whispered to it before the two were joined. */
  readonly whispered: string[] = [];
  /** The clock's time of its answer. */
  readonly answeredMs: number;

  /** A party that has just answered. */
  constructor(number: string, answeredMs: number) {
    this.number = number;
    this.answeredMs = answeredMs;
  }

  /** Keys that the caller presses while the two talk. */
  hearKeys(keys: string, nowMs: number): void {
    this.player.media(nowMs, keyTones(keys));
  }
}

/** One end of a talk: what it says goes to the other one's ear. */
interface TalkEnd {
  readonly speech: SpeechSource;
  readonly player: Player;
}

/** Joins two ends, frame by frame, until `isOver` says so. Silence is not sent. */
export async function talk(
  clock: Clock,
  caller: TalkEnd,
  party: TalkEnd,
  isOver: () => boolean,
): Promise<void> {
  await eachFrame(clock, (dueMs) => {
    if (isOver()) return false;
    carry(caller, party, dueMs);
    carry(party, caller, dueMs);
    return true;
  });
}

function carry(from: TalkEnd, to: TalkEnd, nowMs: number): void {
  const frame = from.speech.takeFrame(nowMs);
  if (frame !== SILENT_FRAME) to.player.media(nowMs, decodedBase64(frame));
}
