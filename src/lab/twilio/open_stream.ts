import { messageOf } from "../../util/errors.ts";
import type { Line } from "./line.ts";
import type { Handset } from "./handset.ts";
import { MediaLeg, type MediaLegHandlers } from "./media_leg.ts";
import type { SpeechSource } from "./speech_source.ts";
import type { Player } from "./player.ts";
import { newSid } from "./emulated_call.ts";
import type { Link, StreamVerb } from "./parse_twiml.ts";
import type { Webhooks } from "./webhooks.ts";
import { WebSocketRefusedError } from "./web_socket_upgrade.ts";

/** What a stream needs of the call that it belongs to. */
export interface OpenStreamPort {
  line: Line;
  webhooks: Webhooks;
  callSid: string;
  speech: SpeechSource;
  player: Player;
  /** Default: `speech` and `player`. */
  handset?: Handset;
  handlers: MediaLegHandlers;
  /** Sends a status callback. Does not reject. */
  tell(link: Link, form: Record<string, string>): Promise<void>;
}

/**
 * Opens the stream that `<Connect><Stream>` asks for and tells its status callback what becomes of it.
 * Returns undefined where it could not be opened; the problem (31902 or 31920) has been reported then.
 */
export async function openStream(
  verb: StreamVerb,
  base: string,
  port: OpenStreamPort,
): Promise<MediaLeg | undefined> {
  const identity = { accountSid: port.line.accountSid, callSid: port.callSid, streamSid: newSid("MZ") };
  const tell = async (event: string, extra: Record<string, string> = {}) => {
    if (!verb.statusCallback) return;
    await port.tell(verb.statusCallback, {
      AccountSid: identity.accountSid,
      CallSid: identity.callSid,
      StreamSid: identity.streamSid,
      StreamName: verb.name ?? identity.streamSid,
      StreamEvent: event,
      Timestamp: new Date(port.line.clock.epoch()).toISOString(),
      ...extra,
    });
  };
  try {
    const { url, headers } = await port.webhooks.streamRequest(verb.url, base);
    const { line, speech, player, handset, handlers } = port;
    const leg = await MediaLeg.open({
      line,
      url,
      headers,
      identity,
      parameters: verb.parameters,
      speech,
      player,
      handset,
      handlers,
    });
    // Told beside the call, not in its way, as Twilio does.
    tell("stream-started").then(() => leg.ended).then(() => tell("stream-stopped"));
    return leg;
  } catch (error) {
    const wasAnswered = error instanceof WebSocketRefusedError && error.status !== undefined;
    port.handlers.onProblem({ code: wasAnswered ? 31920 : 31902, message: messageOf(error) });
    await tell("stream-error", { StreamError: messageOf(error) });
    return undefined;
  }
}
