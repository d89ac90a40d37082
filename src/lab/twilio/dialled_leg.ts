import type { Clock } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import type { Dialled, DialStatus } from "./call_report.ts";
import type { Problem } from "./media_leg.ts";
import { type DialledNumber, type Link, parseTwiml } from "./parse_twiml.ts";
import { StatusCallbacks } from "./status_callbacks.ts";
import type { ServerAnswer } from "./webhooks.ts";

/** What becomes of a dialled number. */
export interface DialOutcome {
  /** In Twilio's words. */
  status: DialStatus;
  /** How long the two talk when it is answered; default 0. */
  talkMs?: number;
}

/** What a dialled leg needs of the call that dialled it. */
export interface DialledLegPort {
  clock: Clock;
  /** The fields of the leg's own requests. */
  fields(status: string): Record<string, string>;
  /** Sends a signed webhook about this leg. */
  request(link: Link, form: Record<string, string>): Promise<ServerAnswer>;
  /** Lets the two talk. */
  talk(ms: number): Promise<void>;
  problem(problem: Problem): void;
}

/** Dials one number: status callbacks in their order, the whisper to the called party, then the talk. */
export async function dialNumber(
  noun: DialledNumber,
  callerId: string,
  outcome: DialOutcome,
  port: DialledLegPort,
): Promise<Dialled> {
  const whispered: string[] = [];
  const guarded = async (what: () => Promise<void>) => {
    try {
      await what();
    } catch (error) {
      port.problem({ code: 11200, message: messageOf(error) });
    }
  };
  const callbacks = noun.statusCallback && new StatusCallbacks({
    clock: port.clock,
    link: noun.statusCallback,
    events: noun.statusCallbackEvents,
    fields: () => port.fields(outcome.status),
    send: (link, form) => guarded(async () => void await port.request(link, form)),
  });
  await callbacks?.tell("initiated", "initiated");
  await callbacks?.tell("ringing", "ringing");
  let talkedMs = 0;
  if (outcome.status === "completed") {
    await callbacks?.tell("answered", "in-progress");
    const answeredMs = port.clock.now();
    const { whisper } = noun;
    if (whisper) {
      await guarded(async () => {
        const { body } = await port.request(whisper, port.fields("in-progress"));
        for (const verb of parseTwiml(body)) if (verb.verb === "Say") whispered.push(verb.text);
      });
    }
    await port.talk(outcome.talkMs ?? 0);
    talkedMs = port.clock.now() - answeredMs;
  }
  await callbacks?.tell("completed", outcome.status, talkedMs);
  return { number: noun.number, callerId, whispered, status: outcome.status };
}
