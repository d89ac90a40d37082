import { DelayLine } from "../../src/lab/twilio/network.ts";
import { Player } from "../../src/lab/twilio/player.ts";
import type { CallChange } from "../../src/carrier/twilio/twilio_rest.ts";
import { after, type Clock, sleep } from "../../src/util/clock.ts";
import { FakeSocket } from "./fake_socket.ts";
import { CONNECTED, dtmfText, markText, mediaText, startText, stopText } from "./stream_messages.ts";

/** What becomes of one request to change the call. */
export type RestOutcome =
  | "updated"
  /** Confirmed, but the stream does not end. */
  | "updated_without_stop"
  | "gone"
  | "refused";

const OPEN = 1;
/** The caller's silence comes in pieces of this length, since its content does not matter here. */
const PIECE_MS = 500;
const PIECE = btoa("\xff".repeat(PIECE_MS * 8));
/** What a voice is to whoever only looks how loud it is. */
const LOUD_PIECE = btoa("\x90".repeat(PIECE_MS * 8));

/** From here on a byte is of no response: tests have the sentences for callers who wait consist of them. */
export const FIRST_HOLD_BYTE = 0xe0;

/** Something that the caller hears, on the caller's own time. */
export interface HeardSound {
  fromMs: number;
  toMs: number;
  /** Of the model; otherwise of this program. */
  isVoice: boolean;
  /** The byte that all of it consists of, as the model's audio does; -1 where it is not one. */
  byte: number;
}

/** Twilio's end of one stream, with its player, and the REST API as far as it concerns this call. */
export class ModelTwilio extends FakeSocket {
  readonly player = new Player();
  /** The program silences the caller's side. */
  onClear: () => void = () => {};
  /** Rules that the program broke. */
  readonly violations: string[] = [];
  /** What the caller has heard, and is yet to hear. */
  readonly sounds: HeardSound[] = [];
  /** The caller speaks until then. */
  loudUntilMs = 0;
  /** None of the caller's audio arrives, and all else does. */
  isMute = false;
  /** Confirmed requests to end the call, and to send it elsewhere. */
  hangUps = 0;
  transfers = 0;
  /** What was asked for, whatever became of it. */
  readonly asked: { atMs: number; what: "hang up" | "leave"; outcome: RestOutcome }[] = [];
  /** Keys that reached the program while the stream was open. */
  readonly pressed: { atMs: number; digit: string }[] = [];

  readonly #clock: Clock;
  readonly #outcomes: readonly RestOutcome[];
  readonly #restMs: number;
  readonly #up: DelayLine;
  readonly #down: DelayLine;
  /** Numbers of responses that the caller talked over: nothing more of them may be played. */
  readonly #cutOff = new Set<number>();

  constructor(
    clock: Clock,
    options: { delayMs: number; restMs: number; outcomes: readonly RestOutcome[] },
  ) {
    super("open");
    this.#clock = clock;
    this.#restMs = options.restMs;
    this.#outcomes = options.outcomes;
    this.#up = new DelayLine(clock, { delayMs: options.delayMs });
    this.#down = new DelayLine(clock, { delayMs: options.delayMs });
  }

  connect(): void {
    this.deliver(CONNECTED);
    this.deliver(startText());
    this.#say(0);
  }

  press(digit: string): void {
    this.#up.carry(() => {
      if (this.readyState !== OPEN) return;
      this.pressed.push({ atMs: this.#clock.now(), digit });
      this.deliver(dtmfText(digit));
    });
  }

  #say(timestampMs: number): void {
    if (this.readyState !== OPEN) return;
    const isLoud = this.#clock.now() < this.loudUntilMs;
    if (!this.isMute) this.#toServer(mediaText(timestampMs, isLoud ? LOUD_PIECE : PIECE));
    after(this.#clock, PIECE_MS, () => this.#say(timestampMs + PIECE_MS));
  }

  /** The call is over on Twilio's side. */
  end(how: "stop" | "close" | "stop_and_close"): void {
    this.#up.carry(() => {
      if (this.readyState !== OPEN) return;
      if (how !== "close") this.deliver(stopText());
      if (how !== "stop") this.closeByPeer(1000);
    });
  }

  /** `POST /Calls/{sid}`. */
  async update(change: CallChange): Promise<"updated" | "gone"> {
    const what = "status" in change ? "hang up" : "leave";
    const outcome = this.#outcomes[this.asked.length % this.#outcomes.length];
    this.asked.push({ atMs: this.#clock.now(), what, outcome });
    if (this.hangUps + this.transfers > 0) this.#violate(`asked to ${what} although the call has left`);
    await sleep(this.#clock, this.#restMs);
    if (outcome === "refused") throw new Error("Twilio refuses.");
    if (what === "hang up") this.hangUps++;
    else this.transfers++;
    if (outcome === "gone") return "gone";
    if (outcome === "updated") this.end("stop_and_close");
    return "updated";
  }

  /** Nothing more of this response may be sent. */
  cutOff(responseNumber: number): void {
    this.#cutOff.add(responseNumber);
  }

  override send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.readyState !== OPEN) this.#violate("a message to Twilio after the end of the stream");
    super.send(data);
    const { event, media, mark } = JSON.parse(String(data));
    if (event === "media" && this.#cutOff.has(atob(media.payload).charCodeAt(0))) {
      this.#violate("audio of a response that was cut off");
    }
    // A sentence for a caller who waits gives way to the model: that cuts nothing of its off.
    if (event === "clear" && (this.sounds.at(-1)?.byte ?? 0) < FIRST_HOLD_BYTE) this.onClear();
    this.#down.carry(() => this.#receive(event, media?.payload, mark?.name));
  }

  #receive(event: string, payload: string, name: string): void {
    const now = this.#clock.now();
    if (event === "media") {
      const audio = Uint8Array.from(atob(payload), (c) => c.charCodeAt(0));
      this.player.media(now, audio);
      this.#noteSound(now, audio);
    } else if (event === "clear") {
      while ((this.sounds.at(-1)?.fromMs ?? -1) >= now) this.sounds.pop();
      for (const sound of this.sounds) sound.toMs = Math.min(sound.toMs, now);
      this.#echo(this.player.clear(now));
    } else {
      const dueMs = this.player.mark(now, name);
      after(this.#clock, dueMs - now, () => this.#echo(this.player.takePlayedMarks(this.#clock.now())));
    }
  }

  /** Audio of the model's is one byte all through. */
  #noteSound(now: number, audio: Uint8Array): void {
    const last = this.sounds.at(-1);
    const fromMs = Math.max(now, last?.toMs ?? 0);
    const toMs = fromMs + audio.length / 8;
    const byte = audio.every((byte) => byte === audio[0]) ? audio[0] : -1;
    const isVoice = byte >= 0 && byte < FIRST_HOLD_BYTE;
    if (last && last.toMs === fromMs && last.byte === byte) last.toMs = toMs;
    else this.sounds.push({ fromMs, toMs, isVoice, byte });
  }

  #echo(names: string[]): void {
    for (const name of names) this.#toServer(markText(name));
  }

  #toServer(text: string): void {
    this.#up.carry(() => {
      if (this.readyState === OPEN) this.deliver(text);
    });
  }

  #violate(what: string): void {
    this.violations.push(`${Math.round(this.#clock.now())} ms: ${what}`);
  }
}
