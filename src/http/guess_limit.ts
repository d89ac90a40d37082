import type { Clock } from "../util/clock.ts";
import { ExpiringMap } from "../util/expiring_map.ts";

/** Wrong tokens are counted over windows of this length. */
export const GUESS_WINDOW_MS = 60_000;
/** Wrong tokens of one source in a window. */
export const MAX_GUESSES_OF_SOURCE = 10;
/**
 * Wrong tokens in a window of all sources together that have never had the right one: of those that a proxy
 * names, and of those that ask the server itself.
 */
export const MAX_GUESSES_IN_ALL = 60;
/** A source that had the right token has its own budget alone for this long. */
const KNOWN_FOR_MS = 24 * 3_600_000;
/**
 * Most sources that are kept; the oldest is dropped. Those with guesses are fewer anyway, by
 * {@link MAX_GUESSES_IN_ALL}.
 */
const MAX_SOURCES = 1_024;

/** Of a header that names a source. */
const MAX_NAME_CHARS = 64;

/** What a source has tried in its window. */
interface Guesses {
  count: number;
  readonly sinceMs: number;
}

/**
 * Limits how often the operators' token can be guessed: by one source, and by all of them together, so that
 * many addresses guess no faster. A right token costs nothing. A source that had it lately does not share the
 * common budget: whoever guesses from elsewhere cannot lock its operators out.
 */
export class GuessLimit {
  readonly #clock: Clock;
  readonly #ofSource: number;
  readonly #inAll: number;
  readonly #guesses: ExpiringMap<Guesses>;
  readonly #known: ExpiringMap<true>;
  /** By whether a proxy has passed them on: strangers on its other side keep nobody out on this one. */
  readonly #all: Record<"direct" | "forwarded", Guesses>;

  /** @param share of the limits that this process may use, when several answer on the port; from 0 to 1 */
  constructor(clock: Clock, share: number = 1) {
    this.#clock = clock;
    this.#ofSource = Math.max(1, Math.floor(MAX_GUESSES_OF_SOURCE * share));
    this.#inAll = Math.max(1, Math.floor(MAX_GUESSES_IN_ALL * share));
    const nowMs = () => clock.now();
    this.#guesses = new ExpiringMap({ maxEntries: MAX_SOURCES, lifetimeMs: GUESS_WINDOW_MS, nowMs });
    this.#known = new ExpiringMap({ maxEntries: MAX_SOURCES, lifetimeMs: KNOWN_FOR_MS, nowMs });
    const none = { count: 0, sinceMs: clock.now() };
    this.#all = { direct: none, forwarded: { ...none } };
  }

  /**
   * Asks to try a token, before it is compared: guesses that come at once are counted too. Returns 0 when it
   * may be tried, otherwise the seconds until it may.
   */
  take(source: string): number {
    const now = this.#clock.now();
    const way = wayOf(source);
    if (now - this.#all[way].sinceMs >= GUESS_WINDOW_MS) this.#all[way] = { count: 0, sinceMs: now };
    const all = this.#all[way];
    const own = this.#guesses.get(source) ?? { count: 0, sinceMs: now };
    if (own.count >= this.#ofSource) return secondsLeft(own, now);
    if (!this.#known.has(source)) {
      if (all.count >= this.#inAll) return secondsLeft(all, now);
      all.count++;
    }
    if (own.count++ === 0) this.#guesses.set(source, own);
    return 0;
  }

  /** The token that was tried was right: it counts as no guess, and its source is known from now on. */
  passed(source: string): void {
    const all = this.#all[wayOf(source)];
    if (!this.#known.has(source)) all.count = Math.max(0, all.count - 1);
    const own = this.#guesses.get(source);
    if (own && --own.count <= 0) this.#guesses.delete(source);
    this.#known.set(source, true);
  }
}

/** @param source as of {@link sourceOf} */
function wayOf(source: string): "direct" | "forwarded" {
  return source.split(" ")[1] === "" ? "direct" : "forwarded";
}

function secondsLeft({ sinceMs }: Guesses, nowMs: number): number {
  return Math.max(1, Math.ceil((sinceMs + GUESS_WINDOW_MS - nowMs) / 1000));
}

/**
 * Who tries a token, for a {@link GuessLimit}: the peer's address, the address that a proxy there has added
 * last, and the name by which the server is asked: a page whose own name leads here guesses in no operator's
 * browser's name. Of IPv6 the network of 64 bits counts, since one customer has all of it. An invented header
 * divides nobody else's budget, and the common one bounds it.
 */
export function sourceOf({ headers }: Pick<Request, "headers">, peer: string): string {
  const forwarded = headers.get("x-forwarded-for")?.split(",").at(-1)?.trim().slice(0, MAX_NAME_CHARS) ?? "";
  const host = headers.get("host")?.slice(0, MAX_NAME_CHARS) ?? "";
  return `${network(peer)} ${network(forwarded)} ${host}`;
}

function network(address: string): string {
  const [head, tail] = address.split("%")[0].split("::");
  if (!head.includes(":") && tail === undefined) return address;
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  if (tail?.includes(".")) return address; // an IPv4 address in the form of IPv6
  const zeros = Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill("0");
  return [...groups, ...(tail === undefined ? [] : zeros), ...rest].slice(0, 4).join(":");
}
