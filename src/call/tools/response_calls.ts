import { RecentIds } from "../../util/recent_ids.ts";

/**
 * Responses with function calls that are not done; the oldest then counts as done. Only a peer that never
 * ends them gets here.
 */
const MAX_OPEN_RESPONSES = 64;
/** Finished responses remembered, so that a call that is reported late still settles. */
const MAX_REMEMBERED_RESPONSES = 64;

/** The function calls of one response. */
export interface ResponseCalls {
  readonly id: string;
  running: number;
  isDone: boolean;
  isSlow: boolean;
  wantsResponse: boolean;
  /** Told once it is done. At most one for each of its calls. */
  readonly whenDone: (() => void)[];
}

/** The responses with function calls whose outputs, or whose own end, are still to come. */
export class OpenResponses {
  readonly #open = new Map<string, ResponseCalls>();
  readonly #done = new RecentIds(MAX_REMEMBERED_RESPONSES);

  get ids(): string[] {
    return [...this.#open.keys()];
  }

  /** The one that has to count as done before another response than those there can be taken. */
  oneTooMany(id: string): string | undefined {
    if (this.#open.has(id) || this.#open.size < MAX_OPEN_RESPONSES) return undefined;
    return this.#open.keys().next().value;
  }

  /** The response of this id, as it is known or new. */
  at(id: string): ResponseCalls {
    const known = this.#open.get(id);
    if (known) return known;
    const isDone = this.#done.has(id);
    const response = { id, running: 0, isDone, isSlow: false, wantsResponse: false, whenDone: [] };
    this.#open.set(id, response);
    return response;
  }

  /** `response.done` came. Returns the response if it has function calls. */
  done(id: string): ResponseCalls | undefined {
    this.#done.add(id);
    const response = this.#open.get(id);
    if (response) response.isDone = true;
    return response;
  }

  /** True the one time that a response is done and has all its outputs: it is not among these any more. */
  settles(response: ResponseCalls): boolean {
    if (response.running > 0 || !response.isDone || this.#open.get(response.id) !== response) return false;
    return this.#open.delete(response.id);
  }

  clear(): void {
    this.#open.clear();
  }
}
