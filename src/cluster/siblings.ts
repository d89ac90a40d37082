import { messageOf } from "../util/errors.ts";
import { readBounded } from "../util/read_text.ts";
import type { WorkerPorts } from "./link.ts";

/** A sibling that takes longer is not waited for. */
export const SIBLING_TIMEOUT_MS = 1_000;
/** Longest answer of a sibling: the largest transcript that may be kept, and what JSON makes of it. */
const MAX_SIBLING_ANSWER_BYTES = 4 * 2 ** 20;

/** What became of asking one sibling. */
export type SiblingAnswer<Answer> = { worker: number; answer: Answer } | { worker: number; missing: string };

/** The other workers on this port, as one of them sees them. */
export class Siblings {
  /** Counts from 0. */
  readonly self: number;
  readonly #secret: string;
  #ports: WorkerPorts = [];

  constructor(self: number, secret: string) {
    this.self = self;
    this.#secret = secret;
  }

  /** Takes note of who is running, and where. */
  update(ports: WorkerPorts): void {
    this.#ports = ports;
  }

  /**
   * Asks all others at once for JSON: a GET, or a POST of `question`. One entry for each, in order; who is not running, or
   * does not answer within {@link SIBLING_TIMEOUT_MS}, is `missing`, with the reason.
   */
  ask<Answer>(path: string, question?: unknown): Promise<SiblingAnswer<Answer>[]> {
    return Promise.all(this.#others().map((worker) => this.#askOne<Answer>(worker, path, question)));
  }

  /** {@link ask}, and who does not answer is asked once more: for what a sibling must not have answered in vain. */
  askTwice<Answer>(path: string, question: unknown): Promise<SiblingAnswer<Answer>[]> {
    return Promise.all(
      this.#others().map(async (worker) => {
        const first = await this.#askOne<Answer>(worker, path, question);
        return "answer" in first ? first : await this.#askOne<Answer>(worker, path, question);
      }),
    );
  }

  /** Asks one after the other, for as long as the entries are wanted. */
  async *inTurn<Answer>(path: string, question?: unknown): AsyncGenerator<SiblingAnswer<Answer>> {
    for (const worker of this.#others()) yield await this.#askOne<Answer>(worker, path, question);
  }

  #others(): number[] {
    return [...this.#ports.keys()].filter((worker) => worker !== this.self);
  }

  async #askOne<Answer>(worker: number, path: string, question: unknown): Promise<SiblingAnswer<Answer>> {
    const port = this.#ports[worker];
    if (port === null) return { worker, missing: "is not running" };
    try {
      return { worker, answer: await this.#request<Answer>(port, path, question) };
    } catch (error) {
      return { worker, missing: `does not answer: ${messageOf(error)}` };
    }
  }

  async #request<Answer>(port: number, path: string, question: unknown): Promise<Answer> {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: question === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${this.#secret}` },
      body: question === undefined ? undefined : JSON.stringify(question),
      signal: AbortSignal.timeout(SIBLING_TIMEOUT_MS),
    });
    const text = await readBounded(answer.body, MAX_SIBLING_ANSWER_BYTES);
    if (text === undefined) throw new RangeError(`answered more than ${MAX_SIBLING_ANSWER_BYTES} bytes`);
    if (!answer.ok) throw new RangeError(`answered ${answer.status}`);
    return JSON.parse(text);
  }
}
