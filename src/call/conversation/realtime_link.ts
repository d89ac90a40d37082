import { isOverload, RATE_LIMIT, RealtimeError } from "../../model/realtime_error.ts";
import type { ModelListener, ModelSession, OpenSession } from "../../model/model.ts";
import { ConnectTurn, Reconnects } from "../../model/reconnects.ts";
import { after, type Clock, type Timer, within } from "../../util/clock.ts";

/** Connects in a row that may fail before the model counts as unavailable. */
export const MAX_FAILED_CONNECTS = 5;
/**
 * Pause before each attempt, by how many have failed. The first comes at once: a lost session is usually the
 * network's doing.
 */
const RETRY_DELAYS_MS = [0, 100, 250, 500, 1_000];
/** The same while the old session still serves, when there is no hurry. */
const NEXT_RETRY_DELAYS_MS = [0, 1_000, 5_000, 15_000, 30_000];
/** Pause before a new session when OpenAI limits the rate: at once, it would meet the same limit. */
export const RATE_LIMIT_PAUSE_MS = 1_000;
/**
 * A slow connection is not a failed one: after so long without a session a second attempt is made beside the
 * first, and whichever is ready sooner is taken.
 */
export const SECOND_ATTEMPT_AFTER_MS = 1_200;
/** Attempts beside each other. */
const MAX_ATTEMPTS = 2;
/**
 * A talk is not given up because many others come back at the same time: it waits for its turn, and where the
 * model refuses it for its load, so long in all.
 */
export const REFUSED_PATIENCE_MS = 15_000;
/** A session that is lost sooner than this has not served: that counts as a failed connection. */
const SHORT_LIFE_MS = 3_000;
/**
 * How long OpenAI lets a session last. Source: https://platform.openai.com/docs/guides/realtime-conversations
 */
const SESSION_LIFE_MS = 60 * 60_000;
/**
 * The sessions of a call last as long as its first one, give or take this: some time passes before each is
 * ready.
 */
const LIFE_VARIES_BY_MS = 60_000;
/** How long before a session's end the next one is opened. */
const ROTATE_BEFORE_EXPIRY_MS = 5 * 60_000;
/**
 * From this long before a session's end a pause is no longer waited for; a sixth of its life when that is
 * less.
 */
const SWITCH_BEFORE_EXPIRY_MS = 10_000;
/** How often a pause in the talk is looked for. */
const PAUSE_CHECK_MS = 200;

/** What the link tells the conversation, which listens to the current session itself. */
export interface LinkHandler extends ModelListener {
  /**
   * A session is ready. `isFirst`: the call's first one; otherwise the conversation must be restored before
   * it goes on.
   */
  onUp(session: ModelSession, isFirst: boolean): void;
  /** The session is gone; a new one is being made. */
  onDown(error: RealtimeError): void;
  /** There will be no session. */
  onUnavailable(error: RealtimeError): void;
  /** True in a pause of the talk, when the session can be changed without anybody hearing it. */
  readonly isPaused: boolean;
  /** True while something is owed to the caller. */
  readonly isOwing: boolean;
}

/** How long sessions may take, and how many may be made. */
export interface LinkOptions {
  /** How soon a session must be ready, the first one or the successor of one that is lost. */
  connectWithinMs: number;
  /** The line in which all calls wait to connect again. Default: one of its own. */
  reconnects?: Reconnects;
}

/**
 * A session and, once it is ready, when OpenAI will end it, by the monotonic clock: the other one may jump
 * during a call.
 */
interface Candidate {
  session: ModelSession;
  readonly turn: ConnectTurn;
  expiresAtMs: number;
  /** When it must be changed, pause or not. */
  switchByMs: number;
}

/**
 * Keeps a call connected to OpenAI: makes a new session when one is lost, and changes sessions in a pause of
 * the talk before the old one expires (after an hour). Gives up on errors that a new session would meet
 * again.
 */
export class RealtimeLink implements Disposable {
  /**
   * Messages of OpenAI that were not understood, as `ModelSessionStats` counts them, over all sessions that
   * are over.
   */
  readonly notUnderstood = { unknown: 0, malformed: 0 };
  /** Counts ended sessions only; see `ModelSessionStats`. */
  #pastSigns = 0;

  readonly #open: OpenSession;
  readonly #clock: Clock;
  readonly #handler: LinkHandler;
  #current: Candidate | undefined;
  /**
   * The sessions being made: the first, a replacement, each with a second one beside it; or the next one
   * before expiry.
   */
  readonly #coming = new Set<Candidate>();
  #wasUp = false;
  /** How long the call's first session lasts. */
  #firstLifeMs: number | undefined;
  #failedConnects = 0;
  /** One for each attempt. */
  readonly #turns: ConnectTurn[];
  readonly #connectWithinMs: number;
  /** A lost session's successor had to wait for its turn: its own time begins only then. */
  #hasWaited = false;
  /** When the present session became ready, and sessions in a row that were lost soon after. */
  #upAtMs = 0;
  #shortLives = 0;
  /** Until when a lost session is to have a successor at the latest. */
  #giveUpAtMs = Infinity;
  /** The next attempt, or the next rotation: never both, since each follows from the end of the other. */
  #timer: Timer | undefined;
  /** The second attempt, while there is no session. */
  #second: Timer | undefined;
  /** The end of patience, while there is no session. */
  #patience: Timer | undefined;
  #isOver = false;

  /** Connects at once. `handler` is told nothing before this has returned. */
  constructor(
    open: OpenSession,
    clock: Clock,
    handler: LinkHandler,
    { connectWithinMs, reconnects = new Reconnects(clock) }: LinkOptions,
  ) {
    this.#open = open;
    this.#clock = clock;
    this.#handler = handler;
    this.#connectWithinMs = connectWithinMs;
    this.#turns = Array.from({ length: MAX_ATTEMPTS }, () => {
      const turn: ConnectTurn = new ConnectTurn(reconnects, {
        connect: () => this.#connect(turn),
        isUrgent: () => !this.#current && handler.isOwing,
      });
      return turn;
    });
    this.#beginPatience(connectWithinMs);
    this.#turns[0].begin();
  }

  /** The session in use, while there is one. */
  get session(): ModelSession | undefined {
    return this.#current?.session;
  }

  /** What shows that the model is at work, as `ModelSessionStats` counts it, over all sessions. */
  get signsOfWork(): number {
    return this.#pastSigns + (this.session?.stats.signsOfWork ?? 0);
  }

  /** Bytes handed to sockets that the network has not taken yet. */
  get backlogBytes(): number {
    let bytes = this.#current?.session.backlogBytes ?? 0;
    for (const { session } of this.#coming) bytes += session.backlogBytes;
    return bytes;
  }

  /** The current session is useless, for example because it does not answer: makes a new one. */
  replace(error: RealtimeError): void {
    if (this.#current) this.#lost(this.#current, error);
  }

  /** Hands the current session on, if there is one: it is not closed with the link. */
  handOver(): ModelSession | undefined {
    const session = this.#current?.session;
    this.#current = undefined;
    return session;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#patience?.cancel();
    this.#forgetComing();
    this.#end(this.#current);
    this.#current = undefined;
  }

  /** Its turn has come. */
  #connect(turn: ConnectTurn): void {
    if (this.#hasWaited) this.#beginPatience(this.#connectWithinMs);
    this.#hasWaited = false;
    const candidate: Candidate = {
      session: this.#open({
        onReady: (expiresAtEpochMs) => this.#ready(candidate, expiresAtEpochMs),
        onLost: (error) => this.#lost(candidate, error),
      }),
      turn,
      expiresAtMs: Infinity,
      switchByMs: Infinity,
    };
    this.#coming.add(candidate);
    if (!this.#current) this.#armSecond();
  }

  /** Makes a second attempt in a moment, unless the first one is ready by then. */
  #armSecond(): void {
    this.#second?.cancel();
    this.#second = after(this.#clock, SECOND_ATTEMPT_AFTER_MS, () => {
      // While the first one stands in line, a second would only stand behind it.
      if (this.#current || this.#coming.size === 0) return;
      const turn = this.#idleTurn;
      if (this.#wasUp) turn?.enter();
      else turn?.begin(); // a call that has only begun does not stand in line
    });
  }

  get #idleTurn(): ConnectTurn | undefined {
    return this.#turns.find(({ isIdle }) => isIdle);
  }

  #ready(candidate: Candidate, expiresAtEpochMs: number): void {
    const lifeMs = this.#believableLife(expiresAtEpochMs - this.#clock.epoch());
    candidate.expiresAtMs = this.#clock.now() + lifeMs;
    candidate.switchByMs = candidate.expiresAtMs - Math.min(SWITCH_BEFORE_EXPIRY_MS, lifeMs / 6);
    this.#failedConnects = 0;
    candidate.turn.succeeded();
    if (this.#current) this.#switchInPause(candidate);
    else this.#switch(candidate);
  }

  /**
   * How long a session that has just begun will last. By a clock of this machine that is wrong, it is at its
   * end already, or lasts longer than any; by one that jumps during the call, this session lasts otherwise
   * than the first. Believed, it would be changed for the next one at once, or for none in time.
   */
  #believableLife(lifeMs: number): number {
    const isPossible = lifeMs === Infinity || (lifeMs > 0 && lifeMs <= SESSION_LIFE_MS);
    const lasts = isPossible ? lifeMs : SESSION_LIFE_MS;
    this.#firstLifeMs ??= lasts;
    return Math.abs(lasts - this.#firstLifeMs) > LIFE_VARIES_BY_MS ? this.#firstLifeMs : lasts;
  }

  /**
   * The next session is ready before the old one expires: the old one serves until nobody would hear the
   * change.
   */
  #switchInPause(next: Candidate): void {
    if (!this.#coming.has(next) || !this.#current) return;
    if (this.#handler.isPaused) return this.#switch(next);
    if (this.#clock.now() >= this.#current.switchByMs) {
      // Nobody paused in time: better in the middle of a sentence by us than by OpenAI.
      return this.replace(
        new RealtimeError("retryable", "session_expiring", "The session is about to expire."),
      );
    }
    this.#timer = after(this.#clock, PAUSE_CHECK_MS, () => this.#switchInPause(next));
  }

  #switch(next: Candidate): void {
    this.#timer?.cancel();
    this.#patience?.cancel();
    this.#end(this.#current);
    this.#current = next;
    this.#coming.delete(next);
    this.#forgetComing(); // the slower of two attempts
    const lifeMs = next.expiresAtMs - this.#clock.now();
    // A session with a short life, as tests use, is changed at two thirds of it.
    const rotateInMs = Math.max(lifeMs - ROTATE_BEFORE_EXPIRY_MS, lifeMs * 2 / 3);
    if (rotateInMs < Infinity) this.#timer = after(this.#clock, rotateInMs, () => this.#idleTurn?.enter());
    const isFirst = !this.#wasUp;
    this.#wasUp = true;
    this.#upAtMs = this.#clock.awake();
    next.session.listen(this.#handler);
    this.#handler.onUp(next.session, isFirst);
  }

  #lost(candidate: Candidate, error: RealtimeError): void {
    if (this.#isOver) return;
    this.#end(candidate);
    if (candidate === this.#current) this.#currentLost(error);
    else if (this.#coming.delete(candidate)) this.#connectFailed(candidate.turn, error);
  }

  #forgetComing(): void {
    this.#second?.cancel();
    for (const candidate of this.#coming) this.#end(candidate);
    this.#coming.clear();
    for (const turn of this.#turns) turn.leave();
  }

  #end(candidate: Candidate | undefined): void {
    if (!candidate) return;
    const { session } = candidate;
    session.close();
    this.notUnderstood.unknown += session.stats.unknown;
    this.notUnderstood.malformed += session.stats.malformed;
    this.#pastSigns += session.stats.signsOfWork;
  }

  #currentLost(error: RealtimeError): void {
    this.#current = undefined;
    this.#timer?.cancel();
    const hasServed = this.#clock.awake() - this.#upAtMs >= SHORT_LIFE_MS;
    this.#shortLives = hasServed && error.code !== "realtime_handler_failed" ? 0 : this.#shortLives + 1;
    const isHopeless = error.kind === "fatal" || this.#shortLives >= MAX_FAILED_CONNECTS;
    if (isHopeless) return this.#handler.onUnavailable(error);
    this.#failedConnects = 0;
    this.#giveUpAtMs = this.#clock.awake() + Math.max(REFUSED_PATIENCE_MS, this.#connectWithinMs);
    this.#beginPatience(this.#connectWithinMs);
    this.#handler.onDown(error);
    // The next session may be on its way already; then it takes over when it is ready.
    const [coming] = this.#coming;
    if (coming) return coming.session.isReady ? this.#switch(coming) : this.#armSecond();
    const delayMs = RETRY_DELAYS_MS[Math.max(0, this.#shortLives - 1)];
    this.#connectAfter(error.code === RATE_LIMIT ? Math.max(delayMs, RATE_LIMIT_PAUSE_MS) : delayMs);
  }

  #connectFailed(turn: ConnectTurn, error: RealtimeError): void {
    // Others come back at the same time, and this talk waits with them: no connection of its own has failed.
    const mustWait = isOverload(error) && !this.#current && this.#wasUp;
    if (!mustWait) this.#failedConnects++;
    if (isOverload(error)) turn.refused();
    else turn.leave();
    // While the old session still serves, nothing is lost yet.
    const delays = this.#current ? NEXT_RETRY_DELAYS_MS : RETRY_DELAYS_MS;
    const isSpent = this.#failedConnects >= MAX_FAILED_CONNECTS;
    if (!this.#current && (error.kind === "fatal" || (isSpent && this.#coming.size === 0))) {
      return this.#fail(error);
    }
    if (isSpent && !this.#current) return; // the other attempt may still come about
    this.#connectAfter(mustWait ? 0 : delays[Math.min(this.#failedConnects, delays.length - 1)]);
  }

  #connectAfter(delayMs: number): void {
    this.#timer?.cancel();
    if (delayMs === 0) return this.#enter();
    this.#timer = after(this.#clock, delayMs, () => this.#enter());
  }

  #enter(): void {
    const turn = this.#idleTurn;
    if (!turn) return; // both attempts are under way
    turn.enter();
    if (!turn.isWaiting || this.#current || !this.#wasUp || this.#coming.size > 0) return;
    this.#hasWaited = true;
    this.#beginPatience(REFUSED_PATIENCE_MS);
  }

  #beginPatience(ms: number): void {
    this.#patience?.cancel();
    const leftMs = Math.min(ms, this.#giveUpAtMs - this.#clock.awake());
    this.#patience = within(this.#clock, leftMs, () => {
      const message = "No session with OpenAI came about in time.";
      this.#fail(new RealtimeError("retryable", "realtime_unreachable", message));
    });
  }

  #fail(error: RealtimeError): void {
    this.#patience?.cancel();
    this.#forgetComing();
    this.#handler.onUnavailable(error);
  }
}
