import type { GatherVerb, Link, RecordVerb, StreamVerb, Verb } from "./parse_twiml.ts";

type DialVerb = Verb & { verb: "Dial" };

/** What the verbs do to the caller. The walk decides what comes next; this does it. */
export interface Walked {
  /** True once the caller hung up or the call was given other TwiML: the walk stops before the next verb. */
  isInterrupted(): boolean;
  say(text: string): Promise<void>;
  play(url: string, digits?: string): Promise<void>;
  pause(seconds: number): Promise<void>;
  /** Opens the stream and resolves when it has ended, or could not be opened. */
  connect(stream: StreamVerb): Promise<void>;
  /** Dials and resolves when the dialled leg is over, with what its `action` request is to say. */
  dial(dial: DialVerb): Promise<Record<string, string>>;
  /**
   * Records the caller and resolves with what the `action` request is to say; undefined where nothing was
   * said.
   */
  record(record: RecordVerb): Promise<Record<string, string> | undefined>;
  /**
   * Collects keys while `prompt` is said and after it, and resolves with what the `action` request is to say;
   * undefined where no key came.
   */
  gather(gather: GatherVerb, prompt: () => Promise<void>): Promise<Record<string, string> | undefined>;
  /** Waits in a queue, and resolves with what the `action` request is to say. */
  enqueue(queue: string): Promise<Record<string, string>>;
  /** Something begins or ends beside the call. */
  beside(verb: "Start" | "Stop", what: string): void;
}

/** How the walk of one document ended. */
export type WalkEnd =
  /** Its last verb was reached: the call is over. */
  | { end: "finished" }
  /** `<Hangup>`: the call is over. */
  | { end: "hangup" }
  /** `<Reject>`: the call never was answered. */
  | { end: "rejected"; reason: string }
  /** The caller or a REST update came in between. */
  | { end: "interrupted" }
  /** More TwiML is to be fetched from `link` with `form`. */
  | { end: "fetch"; link: Link; form: Record<string, string> };

/**
 * Walks a document as Twilio does: verb by verb; a verb with an `action` hands the call over to the document
 * that the action answers with, so that what follows it is not reached. Source: Twilio docs on each verb; for
 * `<Connect>` that is not written down and follows `<Dial>`.
 *
 * @param selfUrl the URL of the document, which `<Record>` without `action` asks again
 */
export async function walkTwiml(verbs: readonly Verb[], selfUrl: string, walked: Walked): Promise<WalkEnd> {
  for (const verb of verbs) {
    const end = await walkVerb(verb, selfUrl, walked);
    if (walked.isInterrupted()) return { end: "interrupted" };
    if (end) return end;
  }
  return { end: "finished" };
}

async function walkVerb(verb: Verb, selfUrl: string, walked: Walked): Promise<WalkEnd | undefined> {
  switch (verb.verb) {
    case "Say":
      await walked.say(verb.text);
      return undefined;
    case "Play":
      await walked.play(verb.url, verb.digits);
      return undefined;
    case "Pause":
      await walked.pause(verb.seconds);
      return undefined;
    case "Connect":
      await walked.connect(verb.stream);
      return verb.action && { end: "fetch", link: verb.action, form: {} };
    case "Dial": {
      const form = await walked.dial(verb);
      return verb.action && { end: "fetch", link: verb.action, form };
    }
    case "Record": {
      const form = await walked.record(verb);
      return form && { end: "fetch", link: verb.action ?? { url: selfUrl, method: "POST" }, form };
    }
    case "Gather": {
      const form = await walked.gather(verb, async () => {
        for (const prompt of verb.prompts) {
          if (walked.isInterrupted()) return;
          await walkVerb(prompt, selfUrl, walked);
        }
      });
      return form && { end: "fetch", link: verb.action ?? { url: selfUrl, method: "POST" }, form };
    }
    case "Enqueue": {
      const form = await walked.enqueue(verb.queue);
      return verb.action && { end: "fetch", link: verb.action, form };
    }
    case "Start":
    case "Stop":
      walked.beside(verb.verb, verb.what);
      return undefined;
    case "Leave": // of a queue, which only what plays while one waits in it could do
      return undefined;
    case "Redirect":
      return { end: "fetch", link: verb.link, form: {} };
    case "Reject":
      return { end: "rejected", reason: verb.reason };
    case "Hangup":
      return { end: "hangup" };
  }
}
