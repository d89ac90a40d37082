import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import { spokenTones } from "../openai/audio/tone.ts";
import type { Nap } from "./line.ts";
import { beep, keyTones } from "./line_tones.ts";
import type { Player } from "./player.ts";

/**
 * Twilio's own voice on one party's line: what `<Say>` says, as tones, one a word; keys; the beep. It takes
 * the time that it takes in life, or none, and is then not heard either.
 */
export class Announcer {
  readonly #player: Player;
  readonly #nap: Nap;
  readonly #characterMs: number;

  /** @param characterMs time of a spoken character; 0: nothing is heard, and takes no time */
  constructor(player: Player, nap: Nap, characterMs: number) {
    this.#player = player;
    this.#nap = nap;
    this.#characterMs = characterMs;
  }

  /** False: nothing is heard, and takes no time. */
  get isHeard(): boolean {
    return this.#characterMs > 0;
  }

  async say(text: string): Promise<void> {
    if (this.isHeard) await this.#play(spokenTones(text, this.#characterMs).muLaw());
  }

  async keys(digits: string): Promise<void> {
    if (this.isHeard) await this.#play(keyTones(digits));
  }

  async beep(): Promise<void> {
    if (this.isHeard) await this.#play(beep());
  }

  /** Plays to the end, or until the nap is ended early: then the rest is not heard. */
  async #play(audio: Uint8Array): Promise<void> {
    const { clock } = this.#nap;
    this.#player.media(clock.now(), audio);
    await this.#nap.sleep(audio.length / BYTES_PER_MS);
    this.#player.stop(clock.now());
  }
}
