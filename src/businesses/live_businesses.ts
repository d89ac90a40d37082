import type { Log } from "../telemetry/log.ts";
import { after, type Clock, type Timer } from "../util/clock.ts";
import { AppError, messageOf } from "../util/errors.ts";
import { DEFAULT_BUSINESS } from "./business.ts";
import { BusinessDirectory } from "./directory.ts";
import { type BusinessProblem, problemLine } from "./problem.ts";
import { settle, type Settled } from "./settle.ts";
import type { BusinessSource, Description, SourcedBusiness } from "./source.ts";

/** Changes closer together than this are read as one: an editor saves in several steps. */
export const QUIET_MS = 300;

const NOTHING: Description = { good: [], bad: [], problems: [] };

/** There are businesses, and none of them can serve. */
export class BusinessesError extends AppError {
  override readonly name = "BusinessesError";

  constructor(source: string, readonly problems: readonly BusinessProblem[]) {
    super(
      "businesses_invalid",
      [`No business in ${source} can serve:`, ...problems.map((problem) => `  ${problemLine(problem)}`)].join(
        "\n",
      ),
    );
  }
}

/** What following a source takes. */
export interface LiveBusinessesOptions {
  source: BusinessSource;
  clock: Clock;
  log: Log;
}

/**
 * The businesses of a source, kept up to date in a {@link BusinessDirectory}. Where nothing is described, the built-in
 * business answers every number.
 */
export class LiveBusinesses implements Disposable {
  readonly directory: BusinessDirectory = new BusinessDirectory();
  readonly #source: BusinessSource;
  readonly #clock: Clock;
  readonly #log: Log;
  #serving: readonly SourcedBusiness[] = [];
  #watch: Disposable | undefined;
  #quiet: Timer | undefined;
  #reading: Promise<void> | undefined;
  #isStale = false;
  #isClosed = false;

  private constructor({ source, clock, log }: LiveBusinessesOptions) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Reads the source, and follows it where its changes can be watched.
   * @throws {BusinessesError} when nothing of what is described can serve
   * @throws {AppError} `businesses_unreadable`
   */
  static async open(options: LiveBusinessesOptions): Promise<LiveBusinesses> {
    const live = new LiveBusinesses(options);
    const { name } = options.source;
    let settled: Settled;
    try {
      settled = settle(await options.source.read() ?? NOTHING);
    } catch (cause) {
      throw new AppError("businesses_unreadable", `${name} cannot be read: ${messageOf(cause)}`, { cause });
    }
    if (settled.serving.length === 0 && settled.problems.length > 0) {
      throw new BusinessesError(name, settled.problems);
    }
    live.#take(settled);
    live.#follow();
    return live;
  }

  /** Reads the source again. What cannot be read, and what is bad in it, changes nothing of what serves. */
  reload(): Promise<void> {
    this.#isStale = true;
    return this.#reading ??= this.#readWhileStale();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#quiet?.cancel();
    this.#watch?.[Symbol.dispose]();
  }

  /** One reading at a time; what changes meanwhile is read after it. */
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
      // A folder that is gone was more likely unmounted or moved than meant to end all businesses.
      if (description === undefined && this.#serving.length > 0) throw new Error("It is not there any more.");
      const settled = settle(description ?? NOTHING, this.#serving);
      if (!this.#isClosed) this.#take(settled);
    } catch (error) {
      this.#log.error("businesses_unreadable", { source: this.#source.name, message: messageOf(error) });
    }
  }

  #take({ serving, problems }: Settled): void {
    for (const { file, path, problem } of problems) {
      const stillServes = serving.some((business) => business.file === file);
      this.#log.error("business_invalid", { file, path, problem, stillServes });
    }
    const before = new Map(this.#serving.map(({ file, business }) => [file, business]));
    const changed = serving.filter(({ file, business }) => before.get(file) !== business).length;
    this.#serving = serving;
    // Bad files alone take nobody out of service: who answered before goes on, the built-in business if need be.
    const isDefault = serving.length === 0;
    this.directory.replace(isDefault ? [DEFAULT_BUSINESS] : serving.map(({ business }) => business));
    this.#log.info("businesses_loaded", {
      source: this.#source.name,
      businesses: this.directory.size,
      changed,
      problems: problems.length,
      ...isDefault && { meaning: "none that can serve: the built-in business answers every number" },
    });
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
    if (!this.#isClosed) this.#quiet = after(this.#clock, QUIET_MS, () => void this.reload());
  }
}
