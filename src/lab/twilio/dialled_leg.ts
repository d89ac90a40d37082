import { messageOf } from "../../util/errors.ts";
import type { Dialled, DialStatus } from "./call_report.ts";
import type { Problem } from "./media_leg.ts";
import { type DialledNumber, type Link, parseTwiml } from "./parse_twiml.ts";
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
  const tell = (event: string, status: string) =>
    guarded(async () => {
      if (!noun.statusCallback || !noun.statusCallbackEvents.includes(event)) return;
      await port.request(noun.statusCallback, { To: noun.number, From: callerId, CallStatus: status });
    });
  await tell("initiated", "initiated");
  await tell("ringing", "ringing");
  if (outcome.status === "completed") {
    await tell("answered", "in-progress");
    const { whisper } = noun;
    if (whisper) {
      await guarded(async () => {
        const form = { To: noun.number, From: callerId, CallStatus: "in-progress" };
        const { body } = await port.request(whisper, form);
        for (const verb of parseTwiml(body)) if (verb.verb === "Say") whispered.push(verb.text);
      });
    }
    await port.talk(outcome.talkMs ?? 0);
  }
  await tell("completed", outcome.status);
  return { number: noun.number, callerId, whispered, status: outcome.status };
}
