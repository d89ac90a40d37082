import { type Db, MongoServerError } from "mongodb";

/** A search index as it was asked for. */
export interface CreatedIndex {
  name: string;
  type: string;
  definition: unknown;
}

type Stage = Record<string, unknown>;

/**
 * A database whose server seems to have vector search: what goes to `$vectorSearch` and to the search indexes is kept and
 * answered here, all else by the real server.
 */
export class SearchingDatabase {
  readonly created: CreatedIndex[] = [];
  readonly pipelines: Stage[][] = [];
  /** What an index is until it can be queried. */
  unreadyStatus = "BUILDING";
  readonly dropped: string[] = [];
  /** How often the state of an index is asked before it can be queried. */
  pollsUntilReady = 0;
  polls = 0;
  /** The rows of the next `$vectorSearch`, or its error. */
  answer: (pipeline: Stage[]) => unknown[] = () => [];
  readonly db: Db;

  constructor(real: Db) {
    this.db = overriding(real, {
      collection: (name: string) => {
        const collection = real.collection(name);
        return overriding(collection, {
          listSearchIndexes: (index: string) => this.#cursor(() => this.#state(index)),
          createSearchIndex: (index: CreatedIndex) => {
            this.created.push(index);
            return Promise.resolve(index.name);
          },
          dropSearchIndex: (name: string) => {
            this.dropped.push(name);
            this.created.splice(0);
            this.unreadyStatus = "BUILDING";
            return Promise.resolve();
          },
          aggregate: (pipeline: Stage[]) => {
            this.pipelines.push(pipeline);
            return this.#cursor(() => this.answer(pipeline));
          },
        });
      },
    });
  }

  #state(name: string): unknown[] {
    if (!this.created.some((index) => index.name === name)) return [];
    const isReady = this.polls++ >= this.pollsUntilReady;
    return [{ name, queryable: isReady, status: isReady ? "READY" : this.unreadyStatus }];
  }

  async *#cursor(rows: () => unknown[]): AsyncGenerator<unknown> {
    yield* rows();
  }
}

/** An error as the server sends it. */
export function serverError(code: number, codeName: string, errmsg: string): MongoServerError {
  return new MongoServerError({ ok: 0, code, codeName, errmsg });
}

/** `target` with some of its methods replaced; the others are its own. */
function overriding<Target extends object>(target: Target, methods: Record<string, unknown>): Target {
  return new Proxy(target, {
    get(_, name) {
      if (typeof name === "string" && Object.hasOwn(methods, name)) return methods[name];
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
