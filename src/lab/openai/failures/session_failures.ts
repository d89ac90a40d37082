import {
  type FailureScript,
  includes,
  type LifeFailure,
  type ModelFailure,
  type Point,
  type PointFailure,
  type UpgradeFailure,
} from "./failure_script.ts";

type Named<Union, Name> = Extract<Union, { failure: Name }>;

/** What has happened, as a session tells it: the number of the response or turn, the milliseconds so far. */
export interface Reached {
  on: Point["on"];
  number?: number;
  ms?: number;
}

/** The part of a script that concerns one session, and what of it has not happened yet. */
export class SessionFailures {
  readonly #failures: FailureScript;
  readonly #pending: PointFailure[];

  /** @param session its number, from 1 */
  constructor(script: FailureScript, session: number) {
    this.#failures = script.filter((failure) => includes(failure.sessions, session));
    this.#pending = this.#failures.filter((failure): failure is PointFailure & { sessions?: number } =>
      "at" in failure
    );
  }

  /** How the upgrade fails, if it does. */
  get upgrade(): UpgradeFailure | undefined {
    return this.#named("refuse_upgrade") ?? this.#named("refuse_key") ?? this.#named("ignore_upgrade");
  }

  get shortSession(): LifeFailure | undefined {
    return this.#named("short_session");
  }

  /** When the failures by time are due, in milliseconds since `session.created`. */
  get elapsedMs(): readonly number[] {
    return this.#pending.flatMap(({ at }) => at.on === "elapsed" ? [at.afterMs] : []);
  }

  /** Takes the failures that happen at a point: each is given once. */
  take(reached: Reached): PointFailure[] {
    if (this.#pending.length === 0) return [];
    const due = this.#pending.filter(({ at }) => isReached(at, reached));
    for (const failure of due) this.#pending.splice(this.#pending.indexOf(failure), 1);
    return due;
  }

  /** The failure of this name that concerns a response. */
  ofResponse<Name extends ResponseFailureName>(
    name: Name,
    response: number,
  ): Named<ModelFailure, Name> | undefined {
    return this.#failures.find((failure) =>
      failure.failure === name && includes((failure as { responses?: number }).responses, response)
    ) as Named<ModelFailure, Name> | undefined;
  }

  /** The failure of this name that concerns a turn. */
  ofTurn<Name extends TurnFailureName>(name: Name, turn: number): Named<ModelFailure, Name> | undefined {
    return this.#failures.find((failure) =>
      failure.failure === name && includes((failure as { turns?: number }).turns, turn)
    ) as Named<ModelFailure, Name> | undefined;
  }

  #named<Name extends (UpgradeFailure | LifeFailure)["failure"]>(name: Name) {
    return this.#failures.find((failure) => failure.failure === name) as
      | Named<UpgradeFailure | LifeFailure, Name>
      | undefined;
  }
}

type ResponseFailureName = Extract<ModelFailure, { responses?: unknown }>["failure"];
type TurnFailureName = Extract<ModelFailure, { turns?: unknown }>["failure"];

function isReached(at: Point, { on, number = 0, ms = 0 }: Reached): boolean {
  if (at.on !== on) return false;
  if ("afterMs" in at && ms < at.afterMs) return false;
  if ("responses" in at && !includes(at.responses, number)) return false;
  if ("turns" in at && !includes(at.turns, number)) return false;
  return true;
}
