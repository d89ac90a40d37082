import { spokenText } from "../openai/audio/heard_words.ts";
import { spokenTones } from "../openai/audio/tone.ts";
import { CallerSpeech } from "../twilio/caller_speech.ts";
import type { DialOutcome } from "../twilio/dialled_party.ts";

/** Reads the WAV file that a line names. */
export type LoadSpeech = (path: string) => Promise<CallerSpeech>;

/** `party NUMBER answers after MS saying "WORDS" for MS`, and how it does not. */
const PARTY =
  /^party (\S+) (?:(is busy|does not answer|fails)|answers)(?: after (\d+))?(?: saying (?:"(.+)"|(\S.*?)))?(?: for (\d+))?$/;

const STATUSES = { "is busy": "busy", "does not answer": "no-answer", fails: "failed" } as const;

/** How the setting is written, for the help. */
export const PARTY_USAGE = `party NUMBER answers [after MS] [saying "WORDS" | saying FILE] [for MS]
  party NUMBER is busy | does not answer | fails [after MS]`;

/** Reads the line that says what becomes of a dialled number; undefined when it is none. */
export async function readParty(
  text: string,
  load: LoadSpeech,
): Promise<[number: string, outcome: DialOutcome] | undefined> {
  const match = PARTY.exec(text);
  if (!match) return undefined;
  const [, number, refusal, after, words, file, duration] = match;
  const ringMs = after === undefined ? undefined : Number(after);
  if (refusal !== undefined) {
    if (words !== undefined || file !== undefined || duration !== undefined) return undefined;
    return [number, { status: STATUSES[refusal as keyof typeof STATUSES], ringMs }];
  }
  const says = words !== undefined
    ? CallerSpeech.fromMuLaw(spokenTones(spokenText(words)).muLaw())
    : file !== undefined
    ? await load(file)
    : undefined;
  return [number, {
    status: "completed",
    ringMs,
    says,
    talkMs: duration === undefined ? Infinity : Number(duration),
  }];
}
