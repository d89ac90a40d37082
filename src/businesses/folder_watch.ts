import { after, type Clock, type Timer } from "../util/clock.ts";

/** Events that mean a change. Reading a file is an event too, and would lead to reading it again. */
const CHANGES: readonly Deno.FsEvent["kind"][] = ["create", "modify", "remove", "rename", "other"];
/** How often it is looked whether the folder is there, and still the same one: the system does not tell. */
const LOOK_EVERY_MS = 2_000;
/** It need not be punctual. */
const SLACK_MS = 500;
/** The runtime closes a watcher some time later, and with it one that was opened meanwhile at its path. */
const BETWEEN_WATCHERS_MS = 500;

/** Who is told what a {@link FolderWatch} sees. */
export interface FolderObserver {
  /** Something in the folder changed, or it came, went, or is another one now. */
  onChange(): void;
  /** Changes in the folder cannot be followed any more. */
  onEnd(error: unknown): void;
}

/**
 * Follows the changes of a folder and of all below it, also of one that is not there yet, or is removed and
 * made again, as a fresh or another volume is.
 */
export class FolderWatch implements Disposable {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #observer: FolderObserver;
  /** Which folder it is; undefined for none. */
  #identity: string | undefined;
  #watcher: Deno.FsWatcher | undefined;
  #next: Timer | undefined;

  /** @throws when the folder is there and cannot be watched */
  constructor(folder: string, clock: Clock, observer: FolderObserver) {
    this.#folder = folder;
    this.#clock = clock;
    this.#observer = observer;
    this.#identity = identityOf(folder);
    if (this.#identity !== undefined) this.#follow();
    this.#lookLater(LOOK_EVERY_MS, SLACK_MS);
  }

  [Symbol.dispose](): void {
    this.#next?.cancel();
    this.#close();
  }

  #lookLater(delayMs: number, slackMs: number): void {
    this.#next?.cancel();
    this.#next = after(this.#clock, delayMs, () => this.#look(), slackMs);
  }

  #look(): void {
    this.#lookLater(LOOK_EVERY_MS, SLACK_MS);
    const identity = identityOf(this.#folder);
    if (identity === this.#identity) return;
    if (this.#watcher) return this.#leave();
    try {
      if (identity !== undefined) this.#follow();
      this.#identity = identity;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) this.#end(error); // else it went again
    }
    this.#observer.onChange();
  }

  /** Lets a folder go that went, and looks for the next one. */
  #leave(): void {
    this.#close();
    this.#identity = undefined;
    this.#lookLater(BETWEEN_WATCHERS_MS, 0);
    this.#observer.onChange();
  }

  #follow(): void {
    const watcher = this.#watcher = Deno.watchFs(this.#folder, { recursive: true });
    (async () => {
      try {
        for await (const { kind, paths } of watcher) {
          // One that is made again may look the same: it can get the number of the one that went.
          if (kind === "remove" && paths.some((path) => isSame(path, this.#folder))) {
            this.#identity = undefined;
          }
          if (CHANGES.includes(kind)) this.#observer.onChange();
        }
      } catch (error) {
        if (this.#watcher === watcher) this.#end(error);
      }
    })();
  }

  #end(error: unknown): void {
    this.#next?.cancel();
    this.#close();
    this.#observer.onEnd(error);
  }

  #close(): void {
    const watcher = this.#watcher;
    this.#watcher = undefined;
    watcher?.close();
  }
}

function isSame(path: string, folder: string): boolean {
  return path === folder || path.endsWith(`/${folder.replace(/^\.?\/|\/$/g, "")}`);
}

/** Which folder stands at a path; undefined for none, or one that cannot be looked at. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino, birthtime } = Deno.statSync(path);
    return `${dev}:${ino}:${birthtime?.getTime()}`;
  } catch {
    return undefined;
  }
}
