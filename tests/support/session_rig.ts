import type { ServerEvent, SessionRequest } from "../../src/model/events.ts";
import type { RealtimeError } from "../../src/model/realtime_error.ts";
import type { ModelListener, ModelSessionHandler } from "../../src/model/model.ts";
import { RealtimeSession } from "../../src/model/openai/realtime_session.ts";
import { FakeSocket } from "./fake_socket.ts";
import { ManualClock } from "./manual_clock.ts";

/** The configuration that the session of a rig asks for. */
export const SESSION_REQUEST: SessionRequest = { type: "realtime", instructions: "Be brief." };

/** `session.updated`, as OpenAI answers. `expires_at` is in seconds. */
export function sessionUpdated(session: object = { type: "realtime", expires_at: 1_756_324_625 }): object {
  return { type: "session.updated", event_id: "e2", session };
}

export function audioDelta(audio: string, itemId = "item_a1", responseId = "resp_1"): string {
  return `{"type":"response.output_audio.delta","event_id":"e","response_id":"${responseId}","item_id":"${itemId}",` +
    `"output_index":0,"content_index":0,"delta":"${audio}"}`;
}

export function apiError(code: string, eventId: string | null = null): object {
  return {
    type: "error",
    event_id: "e9",
    error: { type: "invalid_request_error", code, message: "What happened.", param: null, event_id: eventId },
  };
}

/** A handler that writes down all that it is told, such as `delta AAAA of item_a1 in resp_1`. */
export class RecordingSessionHandler implements ModelSessionHandler, ModelListener {
  readonly told: string[] = [];

  onReady(expiresAtEpochMs: number): void {
    this.told.push(`ready until ${expiresAtEpochMs}`);
  }

  onAudioDelta(text: string, start: number, end: number, itemId: string, responseId: string): void {
    this.told.push(`delta ${text.slice(start, end)} of ${itemId} in ${responseId}`);
  }

  onEvent(event: ServerEvent): void {
    this.told.push(`event ${event.type}`);
  }

  onError(error: RealtimeError, eventId: string | undefined): void {
    this.told.push(`error ${error.code} by ${eventId}`);
  }

  onLost(error: RealtimeError): void {
    this.told.push(`lost ${error.kind} ${error.code}`);
  }
}

/** A session on a fake socket and a manual clock. */
export class SessionRig {
  readonly socket = new FakeSocket("connecting");
  readonly clock = new ManualClock();
  readonly session: RealtimeSession;

  constructor(readonly handler = new RecordingSessionHandler()) {
    this.session = new RealtimeSession(
      { open: () => this.socket, session: SESSION_REQUEST, clock: this.clock },
      handler,
    );
    this.session.listen(handler);
  }

  /** A session that is configured and ready. */
  static ready(handler = new RecordingSessionHandler()): SessionRig {
    const rig = new SessionRig(handler);
    rig.socket.open();
    rig.socket.deliver(sessionUpdated());
    handler.told.length = 0;
    rig.socket.sent.length = 0;
    return rig;
  }

  /** What a session may still hold: deadlines, and listeners on its socket. */
  get holds(): { deadlines: number; listeners: number } {
    return { deadlines: this.clock.pending, listeners: this.socket.listenerCount };
  }
}

/** What a session holds that is over. */
export const NOTHING = { deadlines: 0, listeners: 0 };
