import type { WorkerAnswer } from "../observability/reports/worker_answers.ts";
import { type Handler, jsonResponse } from "../http/router.ts";
import { messageOf } from "../util/errors.ts";
import { readBounded } from "../util/read_body.ts";
import type { WorkerPorts } from "./worker_messages.ts";

/** Why a sibling cannot be asked at all. */
export const NOT_RUNNING = "is not running";
/** Longest wait for a sibling's answer. */
export const SIBLING_TIMEOUT_MS = 1_000;
/** Longest answer of a sibling: the largest transcript that may be kept, encoded as JSON. */
const MAX_SIBLING_ANSWER_BYTES = 4 * 2 ** 20;

/** Longest question of a sibling: a few names, or what an operator tells the agent of a call. */
const MAX_QUESTION_BYTES = 16_384;

/** Answers the JSON of a sibling's question with JSON. */
export function answerSibling<Question>(reply: (question: Question) => unknown): Handler {
  return async (request) => {
    const body = await readBounded(request.body, MAX_QUESTION_BYTES);
    return body === undefined
      ? jsonResponse(413, {})
      : jsonResponse(200, await reply(JSON.parse(body)) ?? {});
  };
}

/** Asks the other workers of this server, each over HTTP at its own loopback port. */
export class Siblings {
  /** Counts from 0. */
  readonly self: number;
  readonly #secret: string;
  #ports: WorkerPorts = [];

  constructor(self: number, secret: string) {
    this.self = self;
    this.#secret = secret;
  }

  /** What all of them are called together: the beginning of their secret, whose rest is secret enough. */
  get name(): string {
    return this.#secret.slice(0, 8);
  }

  /** Learns which workers are running, and where. */
  update(ports: WorkerPorts): void {
    this.#ports = ports;
  }

  /**
   * Asks all siblings at once for JSON: a GET, or a POST of `question`. Returns one entry each, in order;
   * `missing` gives the reason when one is not running or does not answer within {@link SIBLING_TIMEOUT_MS}.
   */
  ask<Answer>(path: string, question?: unknown): Promise<WorkerAnswer<Answer>[]> {
    return Promise.all(this.#others().map((worker) => this.askOne<Answer>(worker, path, question)));
  }

  /**
   * Like {@link ask}, but asks a sibling that does not answer once more: its first answer must not get lost.
   */
  askTwice<Answer>(path: string, question: unknown): Promise<WorkerAnswer<Answer>[]> {
    return Promise.all(
      this.#others().map(async (worker) => {
        const first = await this.askOne<Answer>(worker, path, question);
        return "answer" in first ? first : await this.askOne<Answer>(worker, path, question);
      }),
    );
  }

  /** Asks one sibling after the other, for as long as the caller iterates. */
  async *inTurn<Answer>(path: string, question?: unknown): AsyncGenerator<WorkerAnswer<Answer>> {
    for (const worker of this.#others()) yield await this.askOne<Answer>(worker, path, question);
  }

  /** The worker that a text names, the same for all of them. */
  chosenBy(text: string): number {
    let sum = 0;
    for (let index = 0; index < text.length; index++) sum = (31 * sum + text.charCodeAt(index)) % 65_521;
    return this.#ports.length === 0 ? this.self : sum % this.#ports.length;
  }

  #others(): number[] {
    return [...this.#ports.keys()].filter((worker) => worker !== this.self);
  }

  /** Asks one sibling, like {@link ask}. */
  async askOne<Answer>(worker: number, path: string, question: unknown): Promise<WorkerAnswer<Answer>> {
    const port = this.#ports[worker];
    if (port === null || port === undefined) return { worker, missing: NOT_RUNNING };
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
