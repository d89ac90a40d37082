import type { App } from "../../app/app.ts";
import { hasEnough, type ProcessSockets, TOO_MANY_LINGER } from "../../app/process_sockets.ts";
import type { Listener, ListenObserver } from "../../http/listen.ts";
import type { Log } from "../../observability/log.ts";
import { after, type Clock } from "../../util/clock.ts";

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
 * Looks once a second whether the process can still take calls. What only takes up descriptors is closed, as
 * soon as no call would be cut with it: idle connections, which the runtime keeps for ever, and WebSockets
 * whose peers do not let them close.
 *
 * @returns `lost` resolves with the reason when this process must be replaced by another
 */
export function watchSockets(
  app: App,
  sockets: ProcessSockets,
  listener: Listener,
  clock: Clock,
  log: Log,
): Disposable & { readonly lost: Promise<string> } {
  const { promise: lost, resolve } = Promise.withResolvers<string>();
  void listener.lost.then(resolve);
  const look = () => {
    const hasFew = !hasEnough(sockets);
    if ((hasFew || listener.lingering > 0) && listener.renew()) {
      const reason = hasFew ? "few descriptors are left" : "WebSockets do not close";
      log.warn("listener_renewed", { reason });
    }
    if (app.lingeringSockets >= TOO_MANY_LINGER && app.isIdle) {
      resolve(`${app.lingeringSockets} sockets do not close`);
    }
    timer = after(clock, LOOK_EVERY_MS, look);
  };
  let timer = after(clock, LOOK_EVERY_MS, look);
  return { lost, [Symbol.dispose]: () => timer.cancel() };
}
