import type { App } from "../../app/app.ts";
import { hasEnough, type ProcessSockets, TOO_MANY_LINGER } from "../../app/process_sockets.ts";
import type { Listener, ListenObserver } from "../../http/listen.ts";
import type { Log } from "../../observability/log.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";

const LOOK_EVERY_MS = 1_000;

/** Tells the log of a listener that dies, and gives it the descriptors that are kept in reserve. */
export function listenObserver(sockets: ProcessSockets, log: Log): ListenObserver {
  return {
    onDied: (message) => {
      sockets.deaths++;
      sockets.releaseHalf();
      log.error("listener_died", { message, deaths: sockets.deaths });
    },
    onShort: () => sockets.release(),
    onAgain: (deaths) => log.warn("listening_again", { deaths }),
  };
}

/**
 * Looks once a second whether the process can still take calls. What only takes up descriptors is closed, as soon as no call
 * would be cut with it: idle connections, which the runtime keeps for ever, and WebSockets whose peers do not let them close.
 */
export class SocketWatch implements Disposable {
  readonly #app: App;
  readonly #sockets: ProcessSockets;
  readonly #listener: Listener;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #lost = Promise.withResolvers<string>();
  #timer: Timer;

  constructor(
    { app, sockets, listener, clock, log }: {
      app: App;
      sockets: ProcessSockets;
      listener: Listener;
      clock: Clock;
      log: Log;
    },
  ) {
    this.#app = app;
    this.#sockets = sockets;
    this.#listener = listener;
    this.#clock = clock;
    this.#log = log;
    void listener.lost.then(this.#lost.resolve);
    this.#timer = this.#schedule();
  }

  /** Resolves with the reason when this process must be replaced by another. */
  get lost(): Promise<string> {
    return this.#lost.promise;
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #schedule(): Timer {
    return this.#timer = after(this.#clock, LOOK_EVERY_MS, () => {
      this.#look();
      this.#schedule();
    });
  }

  #look(): void {
    const hasFew = !hasEnough(this.#sockets);
    if ((hasFew || this.#listener.lingering > 0) && this.#listener.renew()) {
      const reason = hasFew ? "few descriptors are left" : "WebSockets do not close";
      this.#log.warn("listener_renewed", { reason });
    }
    if (this.#app.lingeringSockets >= TOO_MANY_LINGER && this.#app.isIdle) {
      this.#lost.resolve(`${this.#app.lingeringSockets} sockets do not close`);
    }
  }
}
