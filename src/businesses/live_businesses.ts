import type { Log } from "../observability/log.ts";
import type { Clock, Timer } from "../util/clock.ts";
import { AppError, messageOf } from "../util/errors.ts";
import type { Business } from "./business.ts";
import { BusinessDirectory } from "./directory.ts";
import { type BusinessProblem, problemLine } from "./problem.ts";
import { settle, type SettledBusinesses } from "./settle.ts";
import type { BusinessSource, Description, SourcedBusiness } from "./source.ts";

/** Changes closer together than this are read as one: an editor saves in several steps. */
export const QUIET_MS = 300;
/** The longest that changes wait when they keep coming. */
export const LONGEST_UNREAD_MS = 3_000;

/** Businesses cannot serve as they are described. `code` is `businesses_invalid`. */
export class BusinessesError extends AppError {
  /** Name of the class. */
  override readonly name = "BusinessesError";

  /**
   * Lists the problems in its message.
   * @param headline the first line of the message
   * @param problems everything that is wrong
   */
  constructor(headline: string, readonly problems: readonly BusinessProblem[]) {
    super("businesses_invalid", [headline, ...problems.map((one) => `  ${problemLine(one)}`)].join("\n"));
  }
}

/** What {@link LiveBusinesses} needs. */
export interface LiveBusinessesOptions {
  source: BusinessSource;
  clock: Clock;
  log: Log;
  /** Told who serves now, each time that businesses have been read. */
  onTaken?: (businesses: readonly Business[]) => void;
}

/** The businesses of a source, kept up to date in a {@link BusinessDirectory}. */
export class LiveBusinesses implements Disposable {
  readonly directory: BusinessDirectory = BusinessDirectory.unread();
  readonly #source: BusinessSource;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onTaken: LiveBusinessesOptions["onTaken"];
  #serving: readonly SourcedBusiness[] = [];
  /** What was read last; undefined before the first reading. */
  #last: { readonly description: Description | undefined } | undefined;
  /** Why it could not be read the last time. */
  #trouble: string | undefined;
  #watch: Disposable | undefined;
  #quiet: Timer | undefined;
  /** When the first change came that has not been read. */
  #changedMs: number | undefined;
  #reading: Promise<void> | undefined;
  #isStale = false;
  #isClosed = false;

  private constructor({ source, clock, log, onTaken }: LiveBusinessesOptions) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
    this.#onTaken = onTaken;
  }

  /**
   * Reads the source, and follows its changes where they can be watched. Waits for a source that may be away;
   * until it can be read, the directory is unread.
   * @throws {BusinessesError} when businesses are described and none can serve
   * @throws {AppError} `businesses_unreadable`
   */
  static async open(options: LiveBusinessesOptions): Promise<LiveBusinesses> {
    const live = new LiveBusinesses(options);
    const { name, mayBeAway } = options.source;
    let description: Description | undefined;
    try {
      description = await options.source.read();
    } catch (cause) {
      if (!mayBeAway) {
        throw new AppError("businesses_unreadable", `${name} cannot be read: ${messageOf(cause)}`, { cause });
      }
      live.#unreadable(cause);
      live.#follow();
      return live;
    }
    const settled = settle(description);
    if (noneCanServe(settled)) {
      throw new BusinessesError(`No business in ${name} can serve:`, settled.problems);
    }
    live.#last = { description };
    live.#take(settled);
    live.#follow();
    return live;
  }

  /**
   * Reads the source again. Whatever cannot be read or is wrong leaves the businesses that serve as they are.
   */
  reload(): Promise<void> {
    this.#isStale = true;
    return this.#reading ??= this.#readWhileStale();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#quiet?.cancel();
    this.#watch?.[Symbol.dispose]();
  }

  /** One reading at a time; changes that come meanwhile are read after it. */
  async #readWhileStale(): Promise<void> {
    try {
      while (this.#isStale && !this.#isClosed) {
        this.#isStale = false;
        await this.#read();
      }
    } finally {
      this.#reading = undefined;
    }
  }

  async #read(): Promise<void> {
    try {
      const description = await this.#source.read();
      if (this.#isClosed) return;
      // A source that is gone was more likely unmounted, moved or dropped than meant to end all businesses.
      if (description === undefined && this.#serving.length > 0) throw new Error("It is not there any more.");
      this.#readable();
      if (this.#last && this.#last.description === description) return;
      this.#last = { description };
      this.#take(settle(description, this.#serving));
    } catch (error) {
      if (!this.#isClosed) this.#unreadable(error);
    }
  }

  /** Logs each message once, however often the source is tried. */
  #unreadable(error: unknown): void {
    const message = messageOf(error);
    if (message === this.#trouble) return;
    this.#trouble = message;
    const meaning = this.directory.isRead
      ? "what was read before goes on"
      : "no call is taken until it is read";
    this.#log.error("businesses_unreadable", { source: this.#source.name, message, meaning });
  }

  #readable(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#log.info("businesses_readable", { source: this.#source.name });
  }

  #take(settled: SettledBusinesses): void {
    const { serving, problems } = settled;
    for (const { file, path, problem } of problems) {
      const stillServes = serving.some((business) => business.file === file);
      this.#log.error("business_invalid", { file, path, problem, stillServes });
    }
    // At the start this is an error. The server is running already: wait for the next change.
    if (!this.directory.isRead && noneCanServe(settled)) return;
    const before = new Map(this.#serving.map(({ file, business }) => [file, business]));
    const changed = serving.filter(({ file, business }) => before.get(file) !== business).length;
    this.#serving = serving;
    // Bad files alone take no business out of service: the ones that answered go on, the built-in one if need
    // be.
    const { name, ifNone } = this.#source;
    const isNone = serving.length === 0;
    this.directory.replace(isNone ? ifNone : serving.map(({ business }) => business));
    const whoAnswers = ifNone.length > 0
      ? "the built-in business answers every number"
      : "no number is answered";
    this.#log[isNone ? "warn" : "info"]("businesses_loaded", {
      source: name,
      businesses: serving.length,
      changed,
      problems: problems.length,
      ...isNone && { meaning: `none that can serve: ${whoAnswers}` },
    });
    this.#onTaken?.(serving.map(({ business }) => business));
  }

  #follow(): void {
    const off = (error: unknown) =>
      this.#log.info("businesses_not_watched", { source: this.#source.name, message: messageOf(error) });
    try {
      this.#watch = this.#source.watch(() => this.#onChange(), off);
    } catch (error) {
      off(error);
    }
  }

  #onChange(): void {
    this.#quiet?.cancel();
    if (this.#isClosed) return;
    const nowMs = this.#clock.now();
    this.#changedMs ??= nowMs;
    this.#quiet = this.#clock.at(Math.min(nowMs + QUIET_MS, this.#changedMs + LONGEST_UNREAD_MS), () => {
      this.#changedMs = undefined;
      void this.reload();
    });
  }
}

function noneCanServe({ serving, problems }: SettledBusinesses): boolean {
  return serving.length === 0 && problems.length > 0;
}
