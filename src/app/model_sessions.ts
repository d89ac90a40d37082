import type { Business } from "../businesses/business.ts";
import type { CallInfo } from "../call/call_summary.ts";
import { RECITAL_INSTRUCTIONS } from "../call/hold/recital.ts";
import { sessionTerms } from "../call/conversation/instructions.ts";
import type { Tool } from "../call/tools/tool.ts";
import type { Config } from "../config/config.ts";
import type { SessionRequest } from "../model/events.ts";
import type { ModelSession, ModelSessionHandler } from "../model/model.ts";
import { openSocket, OpenSockets } from "../model/openai/connect.ts";
import { RealtimeSession } from "../model/openai/realtime_session.ts";
import { SafetyIds } from "../model/openai/safety_id.ts";
import { recitalRequest, sessionRequest } from "../model/openai/session_request.ts";
import { WarmSessions } from "../model/openai/warm_sessions.ts";
import type { Clock } from "../util/clock.ts";

/** The sessions with OpenAI: those of calls, and those opened for calls about to begin. */
export class ModelSessions implements Disposable {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #requestFor: (business: Business) => SessionRequest;
  readonly #warm: WarmSessions;
  readonly #sockets: OpenSockets;
  readonly #makeRoom: () => void;
  readonly #safetyIds: SafetyIds;

  /**
   * @param secret names callers to OpenAI
   * @param makeRoom called before a socket is opened, to see that there is a descriptor for it; default: does
   * nothing
   */
  constructor(
    config: Config,
    secret: string,
    clock: Clock,
    toolsFor: (business: Business) => readonly Tool[],
    makeRoom: () => void = () => {},
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#sockets = new OpenSockets(() => clock.now());
    this.#makeRoom = makeRoom;
    this.#requestFor = perBusiness((business) =>
      sessionRequest({
        business,
        ...sessionTerms(business),
        format: business.audioFormat ?? config.audioFormat,
        model: modelFor(business, config),
        tools: toolsFor(business),
      })
    );
    this.#warm = new WarmSessions(clock, config.warmSessions);
    this.#safetyIds = new SafetyIds(secret);
  }

  /** Sessions that wait for their call. */
  get warmCount(): number {
    return this.#warm.size;
  }

  /** Sessions whose socket is not closed, those that wait included. */
  get openCount(): number {
    return this.#sockets.count;
  }

  /** Sessions that are over and whose socket OpenAI's side keeps open. */
  get lingeringCount(): number {
    return this.#sockets.lingering;
  }

  /** Names a caller to OpenAI; undefined when there is no number. */
  safetyIdFor(number: string): Promise<string | undefined> {
    return this.#safetyIds.forNumber(number);
  }

  /** Opens a session for a call that is about to begin. */
  prepare(callSid: string, business: Business, safetyId: string | undefined): void {
    this.#warm.prepare(callSid, (handler) => this.#open(business, safetyId, handler));
  }

  /** The session of a call: the one that was prepared, or a new one. */
  take({ callSid, business, safetyId }: CallInfo, handler: ModelSessionHandler): ModelSession {
    return this.#warm.take(callSid, handler) ?? this.#open(business, safetyId, handler);
  }

  /**
   * Opens a session in which the model of a business reads aloud what it is asked for, in its agent's voice.
   */
  openRecital(business: Business, handler: ModelSessionHandler): ModelSession {
    const format = business.audioFormat ?? this.#config.audioFormat;
    const model = modelFor(business, this.#config);
    const session = recitalRequest({ business, instructions: RECITAL_INSTRUCTIONS, format, model });
    return this.#openWith(session, model, undefined, handler);
  }

  /** Closes the sessions that wait for a call. */
  [Symbol.dispose](): void {
    this.#warm[Symbol.dispose]();
  }

  #open(business: Business, safetyId: string | undefined, handler: ModelSessionHandler): ModelSession {
    return this.#openWith(this.#requestFor(business), modelFor(business, this.#config), safetyId, handler);
  }

  #openWith(
    session: SessionRequest,
    model: string,
    safetyId: string | undefined,
    handler: ModelSessionHandler,
  ): ModelSession {
    const { realtimeUrl: url, openaiApiKey: apiKey } = this.#config;
    this.#makeRoom();
    return new RealtimeSession({
      open: () => this.#sockets.add(openSocket({ url, apiKey, model, safetyId })),
      session,
      clock: this.#clock,
    }, handler);
  }
}

/** The speech model of a business. */
export function modelFor(business: Business, { realtimeModel }: Pick<Config, "realtimeModel">): string {
  return business.model ?? realtimeModel;
}

/**
 * Makes what all calls of a business share once for each business, and keeps it as long as the business is
 * known.
 */
export function perBusiness<Shared>(make: (business: Business) => Shared): (business: Business) => Shared {
  const made = new WeakMap<Business, Shared>();
  return (business) => {
    let shared = made.get(business);
    if (shared === undefined) made.set(business, shared = make(business));
    return shared;
  };
}
