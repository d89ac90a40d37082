import { messageOf } from "../../util/errors.ts";
import { UsageError } from "../flags.ts";
import { spokenTones } from "../openai/audio/tone.ts";
import { CallerSpeech } from "../twilio/caller_speech.ts";
import type { DialOutcome } from "../twilio/dialled_party.ts";
import { CallRegistry } from "../twilio/emulated_call.ts";
import { EmulatedTwilioApi } from "../twilio/emulated_twilio_api.ts";
import type { Line } from "../twilio/line.ts";
import { SimulatedOutboundCall } from "../twilio/simulated_outbound_call.ts";

/** What a number does that nothing is known of: rings for a second, says a word, hangs up. */
const RING_MS = 1_000;
const TALK_MS = 3_000;
const WORD = "hello";

/** People by their numbers. */
export type Parties = ReadonlyMap<string, DialOutcome>;

/** What answers beside the callers: Twilio's REST API, and the people whom calls are put through to. */
export interface Rehearsal extends AsyncDisposable {
  readonly registry: CallRegistry;
  /** Undefined: none is served. */
  readonly api: EmulatedTwilioApi | undefined;
  onDial(number: string): DialOutcome;
}

/**
 * Opens what answers beside the callers.
 *
 * @param port of the REST API; undefined for none
 * @throws {UsageError} when the port cannot be had
 */
export function openRehearsal(line: Line, port: number | undefined, parties: Parties): Rehearsal {
  const registry = new CallRegistry();
  const others: DialOutcome = {
    status: "completed",
    ringMs: RING_MS,
    talkMs: TALK_MS,
    says: CallerSpeech.fromMuLaw(spokenTones(WORD).muLaw()),
  };
  const onDial = (number: string) => parties.get(number) ?? others;
  const api = port === undefined ? undefined : serve(line, port, registry, onDial);
  return {
    registry,
    api,
    onDial,
    [Symbol.asyncDispose]: async () => void await api?.[Symbol.asyncDispose](),
  };
}

function serve(
  line: Line,
  port: number,
  registry: CallRegistry,
  onDial: (number: string) => DialOutcome,
): EmulatedTwilioApi | undefined {
  const { clock, accountSid, authToken } = line;
  if (authToken === undefined) return undefined; // a server that verifies nobody has no account to act with
  try {
    return new EmulatedTwilioApi({
      clock,
      accountSid,
      authToken,
      port,
      registry,
      onCreate: (request) => {
        const { status, ringMs, talkMs = 0, says } = onDial(request.to);
        return new SimulatedOutboundCall(request, {
          line,
          ringMs,
          outcome: status === "completed" ? "answered" : status === "canceled" ? "no-answer" : status,
          onAnswered: (caller) => {
            if (says) caller.speech.say(says);
            if (talkMs < Infinity) clock.at(clock.now() + talkMs, () => caller.hangUp());
          },
        });
      },
    });
  } catch (error) {
    throw new UsageError(
      `Twilio's REST API cannot be served on port ${port}: ${
        messageOf(error)
      }. --api names another port, which ` +
        "the server needs as TWILIO_API_URL=http://127.0.0.1:PORT.",
      { cause: error },
    );
  }
}
