import { Webhooks } from "../../src/lab/twilio/webhooks.ts";
import type { Line } from "../../src/lab/twilio/line.ts";

/** Who calls. */
export interface CallParties {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
}

/** The URL of the stream that `/voice` gives a call, its token included. */
export async function streamOf({ line }: { line: Line }, call: CallParties): Promise<string> {
  return /<Stream url="([^"]+)"/.exec(await voiceTwiml(line, call))?.[1] ?? "";
}

/** The TwiML that `/voice` answers to a signed webhook of a call. */
export async function voiceTwiml(line: Line, { callSid, from, to }: CallParties): Promise<string> {
  const webhooks = new Webhooks(line);
  const link = { url: "/voice", method: "POST" } as const;
  const form = { CallSid: callSid, AccountSid: line.accountSid, From: from, To: to };
  return (await webhooks.request(link, webhooks.publicUrl("/"), form)).body;
}
