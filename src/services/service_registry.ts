import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import { AppError, messageOf } from "../util/errors.ts";
import { HeldService } from "./held_service.ts";
import type { ServiceReport } from "../observability/memory/memory_report.ts";
import type { Lease, ServiceKind } from "./service_kind.ts";

/** Services alive at the same time. For one more, the one that has been idle longest is closed before its time. */
const MAX_SERVICES = 4_096;

/** Why a service is closed; in the log. */
type CloseReason = "idle" | "memory" | "full" | "stopping";

/**
 * What calls share and few of them need, alive only while it is used: made at the first wish, once however many wish at the
 * same time; counted by its leases; closed when nobody has used it for its kind's idle time. At most one service of a kind
 * and a business is alive: whoever wishes for one that is closing gets the next.
 */
export class ServiceRegistry implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #maxServices: number;
  /** By kind and business. Those that are opening in the order of the wishes, those that are open in the order in which they became so. */
  readonly #held = new Map<string, HeldService<unknown>>();
  #disposed: Promise<void> | undefined;

  /** @param maxServices default {@link MAX_SERVICES} */
  constructor(clock: Clock, log: Log, maxServices: number = MAX_SERVICES) {
    this.#clock = clock;
    this.#log = log;
    this.#maxServices = maxServices;
  }

  /**
   * The service of a kind and a business, made if there is none.
   *
   * @param businessId undefined for the one that all share
   * @throws {AppError} `services_closed` at the end of the program; `services_full` when all that may be alive are in use;
   *   `service_name_clash` when another kind has the name; and whatever the creation throws
   */
  async acquire<Service>(kind: ServiceKind<Service>, businessId?: string): Promise<Lease<Service>> {
    const held = await this.#inUse(kind, businessId);
    try {
      const service = await held.created;
      let isHeld = true;
      return {
        service,
        [Symbol.dispose]: () => {
          if (isHeld) held.release();
          isHeld = false;
        },
      };
    } catch (error) {
      held.release();
      throw error;
    }
  }

  /** Closes every service that nobody uses: for when memory runs short. Resolves with how many were closed. */
  async closeIdle(): Promise<number> {
    const idle = [...this.#held.values()].filter(({ isIdle }) => isIdle).reverse();
    await Promise.all(idle.map((held) => this.#close(held, "memory")));
    return idle.length;
  }

  /** What is alive. */
  report(): ServiceReport[] {
    return [...this.#held.values()].map((held) => held.report());
  }

  /**
   * Closes all services, in use or not, one after the other. What a service has acquired for itself was open before it, so
   * the last that opened goes first. Nothing can be acquired any more.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#closeAll();
  }

  /** Counts one more user of the service before anything is awaited that could let it go. */
  async #inUse<Service>(
    kind: ServiceKind<Service>,
    businessId: string | undefined,
  ): Promise<HeldService<Service>> {
    const key = keyOf(kind, businessId);
    for (;;) {
      if (this.#disposed) throw new AppError("services_closed", `${kind.name} is closed: the program stops.`);
      const held = this.#held.get(key);
      if (held?.closed) await held.closed;
      else if (held) {
        if (held.kind !== kind) {
          throw new AppError("service_name_clash", `Two kinds of service are called ${kind.name}.`);
        }
        held.use();
        return held as HeldService<Service>; // its kind is the one asked for
      } else if (this.#held.size >= this.#maxServices) await this.#makeRoom();
      else return this.#open(key, kind, businessId);
    }
  }

  #open<Service>(key: string, kind: ServiceKind<Service>, businessId?: string): HeldService<Service> {
    const startedMs = this.#clock.now();
    const about = { service: kind.name, business: businessId };
    const held = new HeldService(kind, businessId, this.#clock, {
      onOpen: () => {
        if (this.#held.get(key) === held && this.#held.delete(key)) this.#held.set(key, held);
        this.#log.info("service_opened", { ...about, tookMs: Math.round(this.#clock.now() - startedMs) });
      },
      onOpenFailed: (error) => {
        if (this.#held.get(key) === held) this.#held.delete(key);
        this.#log.warn("service_open_failed", { ...about, message: messageOf(error) });
      },
      onIdle: () => void this.#close(held, "idle"),
      onCloseFailed: (error) =>
        this.#log.error("service_close_failed", {
          ...about,
          message: error === undefined ? "It did not close in time." : messageOf(error),
        }),
    });
    held.use();
    this.#held.set(key, held);
    return held;
  }

  async #makeRoom(): Promise<void> {
    const all = [...this.#held.values()];
    const leaving = all.find(({ closed }) => closed);
    if (leaving) return await leaving.closed;
    const [oldest] = all.filter(({ isIdle }) => isIdle).sort((a, b) => a.idleSinceMs - b.idleSinceMs);
    if (!oldest) {
      throw new AppError("services_full", `${all.length} services are in use, and no more can be opened.`);
    }
    await this.#close(oldest, "full");
  }

  async #close(held: HeldService<unknown>, reason: CloseReason): Promise<void> {
    await held.close();
    const key = keyOf(held.kind, held.businessId);
    if (this.#held.get(key) !== held) return;
    this.#held.delete(key);
    this.#log.info("service_closed", { service: held.kind.name, business: held.businessId, reason });
  }

  async #closeAll(): Promise<void> {
    const all = [...this.#held.values()];
    const opening = all.filter(({ isOpen, closed }) => !isOpen && !closed);
    const others = all.filter((held) => !opening.includes(held)).reverse();
    for (const held of [...opening, ...others]) await this.#close(held, "stopping");
  }
}

function keyOf(kind: ServiceKind<unknown>, businessId: string | undefined): string {
  return `${kind.name}\n${businessId ?? ""}`;
}
