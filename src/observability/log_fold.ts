/** Lines of one kind are counted over windows of this length. */
export const FOLD_WINDOW_MS = 10_000;
/** Lines of one kind that a window has room for; further ones are counted only. */
export const MAX_LINES_OF_KIND = 20;
/** Kinds of lines told apart at once; all others are one kind. */
export const MAX_LINE_KINDS = 256;
const OTHERS = "others";

/** What was counted of a kind of lines in a window. */
interface FoldedKind {
  readonly sinceMs: number;
  seen: number;
  /** Writes one line that says how many were left out. */
  tell: ((folded: number) => void) | undefined;
}

/**
 * Bounds what a log writes when one thing happens again and again: of each kind the first
 * {@link MAX_LINES_OF_KIND} lines in a window are written, and then one with the number of the rest.
 */
export class LogFold {
  readonly #nowMs: () => number;
  readonly #kinds = new Map<string, FoldedKind>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /**
   * Whether a line is to be written.
   *
   * @param tell writes the line that stands for those left out, at the end of the window
   */
  admits(kind: string, tell: (folded: number) => void): boolean {
    const now = this.#nowMs();
    let counted = this.#kinds.get(kind);
    if (counted && now - counted.sinceMs >= FOLD_WINDOW_MS) {
      this.#end(kind, counted);
      counted = undefined;
    }
    if (!counted) {
      if (this.#kinds.size >= MAX_LINE_KINDS && kind !== OTHERS) this.#endOld(now);
      if (this.#kinds.size >= MAX_LINE_KINDS && kind !== OTHERS) return this.admits(OTHERS, tell);
      this.#kinds.set(kind, counted = { sinceMs: now, seen: 0, tell: undefined });
    }
    if (++counted.seen <= MAX_LINES_OF_KIND) return true;
    counted.tell ??= tell;
    this.#timer ??= this.#schedule();
    return false;
  }

  /** Tells at once how many lines were left out. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [kind, counted] of this.#kinds) this.#end(kind, counted);
  }

  /** Runs only after lines were left out, and keeps no process alive. */
  #schedule(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.#timer = undefined;
      this.#endOld(this.#nowMs());
      const isAnyFolded = [...this.#kinds.values()].some(({ tell }) => tell);
      if (isAnyFolded) this.#timer = this.#schedule();
    }, FOLD_WINDOW_MS);
    Deno.unrefTimer(Number(timer)); // an object to the types, a number to an older Deno
    return timer;
  }

  #endOld(nowMs: number): void {
    for (const [kind, counted] of this.#kinds) {
      if (nowMs - counted.sinceMs >= FOLD_WINDOW_MS) this.#end(kind, counted);
    }
  }

  #end(kind: string, { seen, tell }: FoldedKind): void {
    this.#kinds.delete(kind);
    tell?.(seen - MAX_LINES_OF_KIND);
  }
}
