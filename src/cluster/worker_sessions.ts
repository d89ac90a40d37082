import type { OperatorSessions } from "../http/operator_sessions.ts";
import type { Handler } from "../http/router.ts";
import { answerSibling, type Siblings } from "./siblings.ts";

/** The worker that knows the code of the sign-in link. */
export const LINK_WORKER = 0;

const PATHS = { isOpen: "/session/open", end: "/session/end", redeem: "/session/redeem" };

/** Routes at which a worker answers its siblings' questions about the sessions that it holds. */
export function sessionRoutes(own: OperatorSessions): Record<string, Handler> {
  const answer = (reply: (text: string) => Promise<unknown>) =>
    answerSibling(async (text: string) => ({ answer: await reply(text) }));
  return {
    [`POST ${PATHS.isOpen}`]: answer((id) => own.isOpen(id)),
    [`POST ${PATHS.end}`]: answer((id) => own.end(id)),
    [`POST ${PATHS.redeem}`]: answer((code) => own.redeem(code)),
  };
}

/**
 * The sessions of all workers. Each is held by the worker that began it, which its id names, and every other
 * asks there: so a session that ends has ended everywhere. A worker that is restarted has lost its sessions.
 */
export class WorkerSessions implements OperatorSessions {
  readonly #own: OperatorSessions;
  readonly #siblings: Siblings;

  constructor(own: OperatorSessions, siblings: Siblings) {
    this.#own = own;
    this.#siblings = siblings;
  }

  async begin(): Promise<string> {
    return `${this.#siblings.self}.${await this.#own.begin()}`;
  }

  async isOpen(id: string): Promise<boolean> {
    const [worker, held] = parts(id);
    if (worker === this.#siblings.self) return await this.#own.isOpen(held);
    return await this.#ask(worker, PATHS.isOpen, held);
  }

  async end(id: string): Promise<void> {
    const [worker, held] = parts(id);
    if (worker === this.#siblings.self) await this.#own.end(held);
    else await this.#ask(worker, PATHS.end, held);
  }

  async redeem(code: string): Promise<boolean> {
    if (this.#siblings.self === LINK_WORKER) return await this.#own.redeem(code);
    return await this.#ask(LINK_WORKER, PATHS.redeem, code);
  }

  async #ask(worker: number, path: string, text: string): Promise<boolean> {
    const found = await this.#siblings.askOne<{ answer?: boolean }>(worker, path, text);
    return "answer" in found && found.answer.answer === true;
  }
}

function parts(id: string): [worker: number, held: string] {
  const [worker, held = ""] = id.split(".");
  return [Number(worker), held];
}
