import type { Clock } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import { Announcer } from "./announcer.ts";
import type { Dialled } from "./call_report.ts";
import { DialledParty, type DialOutcome } from "./dialled_party.ts";
import type { Nap } from "./line.ts";
import type { Problem } from "./media_leg.ts";
import { type DialledNumber, type Link, parseTwiml } from "./parse_twiml.ts";
import { StatusCallbacks } from "./status_callbacks.ts";
import type { ServerAnswer } from "./webhooks.ts";

/** What a dialled leg needs of the call that dialled it. */
export interface DialledLegPort {
  clock: Clock;
  nap: Nap;
  /** Of `<Say>` in a whisper. */
  sayCharacterMs: number;
  /** The caller hung up, or the call was given other TwiML. */
  isInterrupted(): boolean;
  /** The fields of the leg's own requests. */
  fields(status: string): Record<string, string>;
  /** Sends a signed webhook about this leg. */
  request(link: Link, form: Record<string, string>): Promise<ServerAnswer>;
  /** Sends a status callback. Does not reject. */
  tell(link: Link, form: Record<string, string>): Promise<void>;
  /** It has answered. */
  answered(party: DialledParty): void;
  /** Lets the two talk, until the caller leaves or so much time has passed. */
  talk(party: DialledParty, ms: number): Promise<void>;
  problem(problem: Problem): void;
}

/**
 * Dials one number: it rings, the called party hears the whisper, then the two talk. Tells its states in
 * order.
 */
export async function dialNumber(
  noun: DialledNumber,
  callerId: string,
  outcome: DialOutcome,
  port: DialledLegPort,
): Promise<Dialled> {
  const callbacks = noun.statusCallback && new StatusCallbacks({
    clock: port.clock,
    link: noun.statusCallback,
    events: noun.statusCallbackEvents,
    fields: () => port.fields(outcome.status),
    send: (link, form) => port.tell(link, form),
  });
  await callbacks?.tell("initiated", "initiated");
  await callbacks?.tell("ringing", "ringing");
  if (outcome.ringMs) await port.nap.sleep(outcome.ringMs);
  const status = port.isInterrupted() && outcome.ringMs ? "canceled" : outcome.status;
  let party: DialledParty | undefined;
  if (status === "completed") {
    await callbacks?.tell("answered", "in-progress");
    party = new DialledParty(noun.number, port.clock.now());
    port.answered(party);
    await whisper(noun, party, port);
    if (outcome.says) party.speech.say(outcome.says);
    await port.talk(party, outcome.talkMs ?? 0);
  }
  const talkedMs = party ? port.clock.now() - party.answeredMs : 0;
  await callbacks?.tell("completed", status, talkedMs);
  return { number: noun.number, callerId, whispered: party?.whispered ?? [], status };
}

/** TwiML for the called party alone. Of its verbs those that are heard are done. */
async function whisper(
  { whisper: link }: DialledNumber,
  party: DialledParty,
  port: DialledLegPort,
): Promise<void> {
  if (!link) return;
  const announcer = new Announcer(party.player, port.nap, port.sayCharacterMs);
  try {
    const { body } = await port.request(link, port.fields("in-progress"));
    for (const verb of parseTwiml(body)) {
      if (port.isInterrupted()) return;
      if (verb.verb === "Pause" && announcer.isHeard) await port.nap.sleep(verb.seconds * 1000);
      if (verb.verb !== "Say") continue;
      party.whispered.push(verb.text);
      await announcer.say(verb.text);
    }
  } catch (error) {
    port.problem({ code: 11200, message: messageOf(error) });
  }
}
