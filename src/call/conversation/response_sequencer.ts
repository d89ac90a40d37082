/**
 * Why the program asks the model to speak. Only one request of a kind waits at a time, which bounds the
 * queue; the order here is the order in which waiting requests go out.
 */
const PURPOSES = [
  "handover",
  "greeting",
  "goodbye",
  "resume",
  "continue",
  "retry",
  "warning",
  "prompt",
  "filler",
] as const;
export type Purpose = typeof PURPOSES[number];

/** A response to be asked for. */
export interface ResponseRequest {
  purpose: Purpose;
  /**
   * Replaces the session's instructions for this response; undefined lets the conversation speak for itself.
   */
  instructions?: string;
  /**
   * The model may call no tool in this response. One with instructions of its own never may. Default false.
   */
  withoutTools?: boolean;
  /** Told once when the response is done, with its status. */
  onDone?: (status: string) => void;
}

/**
 * Sends `response.create` with this `event_id`, which is also put in the response's metadata so that it is
 * known again.
 */
export type SendCreate = (eventId: string, request: ResponseRequest) => void;

/** Metadata key that carries the request's id into `response.created` and `response.done`. */
export const REQUEST_ID = "slimline_request";

/** A request on its way. Without `request` when it was taken back meanwhile. */
interface Sent {
  eventId: string;
  request: ResponseRequest | undefined;
  /** What comes of it is not to be heard, see {@link ResponseSequencer.recallAsides}. */
  isRecalled: boolean;
  /** The caller has begun to speak since: what comes of it does not answer that. */
  isOvertaken: boolean;
}

/**
 * The response being generated. Without `request` when it answers the caller's turn, or the request was taken
 * back.
 */
interface Active {
  responseId: string;
  isAskedFor: boolean;
  request: ResponseRequest | undefined;
  /** It did not go on, and what it was asked for by is asked for again. */
  isAbandoned: boolean;
  /** It was recalled while it was on its way. */
  isRecalled: boolean;
  /** The caller has begun to speak since it was asked for, or began by itself. */
  isOvertaken: boolean;
}

/** Requests that are pointless once the caller speaks, or does something else. */
const MOOT_WHEN_CALLER_SPEAKS: readonly Purpose[] = ["resume", "prompt", "filler"];
/** Requests that are pointless once the model speaks: they only wanted it to say something. */
const MOOT_WHEN_MODEL_SPEAKS: readonly Purpose[] = ["retry", "filler"];

/** Refusals in a row after which a request is made again at once. */
const MAX_REFUSALS = 1;

/**
 * Keeps the conversation to one response at a time. OpenAI's turn detection creates responses by itself; ours
 * queue behind them. A request that lost the race (`conversation_already_has_active_response`) goes back into
 * the queue and out again after the next `response.done`. A state machine: no socket, no timer.
 */
export class ResponseSequencer {
  readonly #send: SendCreate;
  readonly #waiting = new Map<Purpose, ResponseRequest>();
  /** The item that was sent to the model last, until OpenAI has confirmed it. */
  #unconfirmedId: string | undefined;
  #sent: Sent | undefined;
  #active: Active | undefined;
  #isBlocked = false;
  #isHeld = false;
  #isCallerSpeaking = false;
  #isOpen = false;
  #onlyPurpose: Purpose | undefined;
  /** Requests in a row that the session has refused for what they are. */
  #refusals = 0;
  /** The session repeats what requests are named by. Not every server that speaks OpenAI's protocol does. */
  #isNaming = false;
  #count = 0;

  constructor(send: SendCreate) {
    this.#send = send;
  }

  /** The response that is being generated, if any. */
  get activeResponseId(): string | undefined {
    return this.#active?.responseId;
  }

  /** True when this program asked for the active response; false for one that answers the caller's turn. */
  get isActiveAskedFor(): boolean {
    return this.#active?.isAskedFor ?? false;
  }

  /**
   * What the active response was asked for by, unless that was taken back; undefined for one that answers the
   * caller's turn.
   */
  get activeRequest(): ResponseRequest | undefined {
    return this.#active?.request;
  }

  /** True when the active response was given up, see {@link abandon}. */
  get isAbandoned(): boolean {
    return this.#active?.isAbandoned ?? false;
  }

  /** True when a response was asked for and OpenAI has not reacted to it. */
  get isUnconfirmed(): boolean {
    return this.#sent !== undefined;
  }

  /** True while a response for `purpose` waits to be asked for, or was asked for and has not begun. */
  awaits(purpose: Purpose): boolean {
    return this.#waiting.has(purpose) || this.#sent?.request?.purpose === purpose;
  }

  /** True while nothing is asked for, since the session has refused it. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** True while nothing may be asked for, see {@link hold}. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** True when no response is active, asked for or waiting. */
  get isIdle(): boolean {
    return !this.#active && !this.#sent && this.#waiting.size === 0;
  }

  /**
   * Asks for a response, as soon as none is active and the caller is not speaking. Replaces one that waits
   * for the same.
   */
  request(request: ResponseRequest): void {
    if (this.#onlyPurpose !== undefined && request.purpose !== this.#onlyPurpose) return;
    this.#waiting.set(request.purpose, request);
    this.#pump();
  }

  /**
   * Only responses for `purpose` are asked for from now on, all other requests are dropped. Undefined: any
   * again.
   */
  askOnly(purpose: Purpose | undefined): void {
    this.#onlyPurpose = purpose;
    if (purpose === undefined) return;
    for (const waiting of this.#waiting.keys()) if (waiting !== purpose) this.#waiting.delete(waiting);
  }

  /** Takes a request back: it does not go out any more, and when it has, nobody is told what comes of it. */
  withdraw(request: ResponseRequest): void {
    if (this.#waiting.get(request.purpose) === request) this.#waiting.delete(request.purpose);
    if (this.#sent?.request === request) this.#sent.request = undefined;
    if (this.#active?.request === request) this.#active.request = undefined;
  }

  /**
   * Somebody does something, other than by voice: whatever only fills a silence is not wanted any more, and
   * what comes of a request for it that is on its way is not to be heard.
   */
  recallAsides(): void {
    for (const purpose of MOOT_WHEN_CALLER_SPEAKS) this.#waiting.delete(purpose);
    const purpose = this.#sent?.request?.purpose;
    if (!this.#sent || !purpose || !MOOT_WHEN_CALLER_SPEAKS.includes(purpose)) return;
    this.#sent.request = undefined;
    this.#sent.isRecalled = true;
  }

  /** True when the active response was recalled before it began. */
  get isRecalled(): boolean {
    return this.#active?.isRecalled ?? false;
  }

  /** A session is there: requests may go out. */
  open(): void {
    this.#isOpen = true;
    this.#pump();
  }

  /**
   * The session is gone and its responses with it. What was asked for and not answered waits for the next
   * session.
   */
  close(): void {
    if (this.#sent) this.#putBack(this.#sent.request);
    this.#isOpen =
      this.#isBlocked =
      this.#isCallerSpeaking =
      this.#isNaming =
        false;
    this.#sent = this.#active = this.#unconfirmedId = undefined;
    this.#refusals = 0;
  }

  /** An item is on its way to OpenAI that the model is to answer. */
  itemSent(itemId: string): void {
    this.#unconfirmedId = itemId;
  }

  /**
   * `conversation.item.added`: responses that are created from now on have the item in view, and those before
   * it.
   */
  itemAdded(itemId: string): void {
    if (itemId === this.#unconfirmedId) this.#unconfirmedId = undefined;
  }

  /** Nothing is asked for until {@link release}, though the model may answer a turn by itself. */
  hold(): void {
    this.#isHeld = true;
  }

  /** What waits may go out again. */
  release(): void {
    this.#isHeld = false;
    this.#pump();
  }

  /** The caller began to speak: nothing is asked for until the model has reacted to it. */
  callerStarted(): void {
    this.#isCallerSpeaking = true;
    if (this.#sent) this.#sent.isOvertaken = true;
    if (this.#active) this.#active.isOvertaken = true;
    for (const purpose of MOOT_WHEN_CALLER_SPEAKS) this.#waiting.delete(purpose);
  }

  /** The model did not react to the caller's words in time: requests may go out again. */
  callerIgnored(): void {
    this.#isCallerSpeaking = false;
    this.#isBlocked = false;
    this.#pump();
  }

  /** `response.created`. `requestId` is what its metadata holds under {@link REQUEST_ID}. */
  created(responseId: string, requestId: string | undefined): void {
    const isNamed = requestId !== undefined && requestId === this.#sent?.eventId;
    this.#isNaming ||= isNamed;
    this.#refusals = 0;
    const isOurs = isNamed || (requestId === undefined && this.#isSurelyOurs);
    this.#isBlocked = false;
    // One of ours is no reaction to the caller's words: the two crossed on the way.
    if (!isOurs) this.#isCallerSpeaking = false;
    const request = isOurs ? this.#sent?.request : undefined;
    const isRecalled = isOurs && (this.#sent?.isRecalled ?? false);
    const isOvertaken = isOurs && (this.#sent?.isOvertaken ?? false);
    this.#active = { responseId, isAskedFor: isOurs, request, isAbandoned: false, isRecalled, isOvertaken };
    if (isOurs) this.#sent = undefined;
    // An answer to the caller's turn says what else was told, unless the two crossed on the way.
    else if (this.#unconfirmedId === undefined) this.#dropContinue();
    for (const purpose of MOOT_WHEN_MODEL_SPEAKS) this.#waiting.delete(purpose);
  }

  /**
   * The active response does not go on: nobody is told what comes of it, since its request will be made
   * again.
   */
  abandon(): void {
    if (this.#active) this.#active.isAbandoned = true;
  }

  /**
   * `response.done`, with its status.
   * @param requestId what its metadata holds under {@link REQUEST_ID}
   */
  done(responseId: string, status: string, requestId?: string): void {
    this.#isBlocked = false;
    const active = this.#active?.responseId === responseId ? this.#active : undefined;
    if (active) this.#active = undefined;
    let request = active?.request;
    if (requestId !== undefined && requestId === this.#sent?.eventId) {
      // Its `response.created` has got lost, or could not be read.
      request = this.#sent.request;
      this.#sent = undefined;
    }
    // What failed is asked for again, and done only then; or the call ends with its fallback.
    if (status !== "failed" && !active?.isAbandoned) request?.onDone?.(status);
    this.#pump();
  }

  /**
   * An `error` event. Returns true when it was about a response being asked for, and has been dealt with.
   * @param eventId the client event that caused it; turn detection's own attempts have none
   */
  refused(code: string, eventId: string | undefined): boolean {
    const isBusy = code === "conversation_already_has_active_response";
    const isNamed = eventId !== undefined && eventId === this.#sent?.eventId;
    if (this.#sent && (isNamed || (eventId === undefined && isBusy && this.#isSurelyOurs))) {
      const { request } = this.#sent;
      this.#sent = undefined;
      if (isBusy) {
        // The model speaks already, which is all that some requests want.
        const isMoot = this.#active && request && MOOT_WHEN_MODEL_SPEAKS.includes(request.purpose);
        if (!isMoot) this.#putBack(request);
        this.#isBlocked = true;
      } else this.#refusedFor(request);
      return true;
    }
    if (eventId === undefined && isBusy) {
      // The caller's turn ended while a response was active: the answer that it asked for has to be asked for
      // again, unless that one has the turn in view. It was the model's reaction; no other comes.
      this.#isCallerSpeaking = false;
      if (!this.#active?.isAskedFor || this.#active.isOvertaken) this.request({ purpose: "continue" });
    }
    return isBusy;
  }

  /**
   * What comes without a name answers our request: the caller has not spoken, and the session names nothing.
   */
  get #isSurelyOurs(): boolean {
    return this.#sent !== undefined && !this.#isNaming && !this.#isCallerSpeaking;
  }

  /** One that is on its way already loses the race then, and is not put back. */
  #dropContinue(): void {
    this.#waiting.delete("continue");
    if (this.#sent?.request?.purpose === "continue") this.#sent.request = undefined;
  }

  /**
   * OpenAI does not make what it is asked for, which the caller is owed all the same: it is asked for once
   * more at once, and after that when its deadline has passed. A filler is not worth that.
   */
  #refusedFor(request: ResponseRequest | undefined): void {
    if (request?.purpose !== "filler") {
      this.#putBack(request);
      this.#isBlocked = ++this.#refusals > MAX_REFUSALS;
    }
    this.#pump();
  }

  #putBack(request: ResponseRequest | undefined): void {
    if (this.#onlyPurpose !== undefined && request?.purpose !== this.#onlyPurpose) return;
    if (request && !this.#waiting.has(request.purpose)) this.#waiting.set(request.purpose, request);
  }

  /** What waits, and goes out first. */
  get #next(): ResponseRequest | undefined {
    for (const purpose of PURPOSES) {
      const request = this.#waiting.get(purpose);
      if (request) return request;
    }
    return undefined;
  }

  #pump(): void {
    if (!this.#isOpen || this.#isHeld || this.#isBlocked || this.#isCallerSpeaking) return;
    if (this.#active || this.#sent) return;
    const request = this.#next;
    if (!request) return;
    this.#waiting.delete(request.purpose);
    const eventId = `say-${++this.#count}-${request.purpose}`;
    this.#sent = { eventId, request, isRecalled: false, isOvertaken: false };
    this.#send(eventId, request);
  }
}
