import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { TranscriptEntry } from "../../src/call/journal/transcript_entry.ts";
import { settle } from "./microtasks.ts";
import { ModelCall, type ModelCallOptions } from "./model_call.ts";
import type { Plan } from "./model_openai.ts";

/** What the model does when nothing else is said. */
export const SPEAKS: Plan = { does: "answer", speechMs: 1_000, calls: [], lateDeltas: 0 };

/** A modelled call at the default settings, all but what a test changes. */
export class DefaultCall extends ModelCall {
  constructor(differences: Partial<ModelCallOptions> = {}) {
    super({
      openAiDelayMs: 30,
      twilioDelayMs: 50,
      restMs: 200,
      outcomes: ["updated"],
      isGreetingInterruptible: true,
      minInterruptionMs: 0,
      sessionLifeMs: Infinity,
      turnMs: 100,
      silenceMs: 500,
      plans: [SPEAKS],
      isTalkative: true,
      time: DEFAULT_BUSINESS.time,
      ...differences,
    });
  }

  /** A call that has begun. */
  static async start(differences: Partial<ModelCallOptions> = {}): Promise<DefaultCall> {
    const call = new DefaultCall(differences);
    call.twilio.connect();
    await settle();
    return call;
  }

  /** What the caller hears of the model, in order, from when to when. */
  get voices(): { fromMs: number; toMs: number }[] {
    return this.twilio.sounds.filter(({ isVoice }) => isVoice);
  }

  /** Runs on until the caller has heard so many answers out. */
  async hears(answers: number, withinMs = 60_000): Promise<void> {
    const isHeard = () => this.voices.length >= answers && this.voices[answers - 1].toMs <= this.clock.now();
    await this.run(withinMs, () => this.isOver || isHeard());
  }

  /** The caller says something for 1.5 s. */
  async says(words = "Hello?"): Promise<void> {
    this.speak(1_500, words);
    await this.run(1_500);
  }

  /** How often the caller was asked whether they are there. */
  get askedWhether(): number {
    return this.openAi.asked.filter(({ instructions }) => instructions.includes("still there")).length;
  }

  /** The longest time in which the caller heard nothing, and said nothing that ended after `fromMs`. */
  longestSilence(fromMs: number): number {
    let [untilMs, longestMs] = [fromMs, 0];
    for (const sound of [...this.twilio.sounds, { fromMs: this.clock.now(), toMs: Infinity }]) {
      if (sound.toMs <= untilMs) continue;
      longestMs = Math.max(longestMs, Math.min(sound.fromMs, this.endedAtMs) - untilMs);
      untilMs = sound.toMs;
    }
    return longestMs;
  }

  /** Hangs up, and gives what is written down: of a tool that outlives the call, once that is over. */
  async record(): Promise<TranscriptEntry[]> {
    if (!this.isOver) this.twilio.end("stop_and_close");
    await this.run(5_000);
    await this.run(60_000, () => this.ended.length > 0);
    return this.ended[0].transcript;
  }

  /** The events of a type that the sessions were sent. */
  sent(type: string): Record<string, unknown>[] {
    return this.openAi.sessions.flatMap(({ sent }) => sent.map((text) => JSON.parse(String(text))))
      .filter((event) => event.type === type);
  }
}
