import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import { AppError, messageOf } from "../util/errors.ts";
import { HeldService } from "./held_service.ts";
import type { ServiceReport } from "../observability/memory/memory_report.ts";
import type { Lease, ServiceKind } from "./service_kind.ts";

/**
 * Most services alive at the same time. To make another one, the one that has been idle longest is closed
 * early.
 */
const MAX_SERVICES = 4_096;

/** Why a service is closed; in the log. */
type CloseReason = "idle" | "memory" | "full" | "stopping";

/**
 * Services that calls share and few calls need, alive only while they are used: made when first asked for,
 * once however many ask at the same time; counted by leases; closed when nobody has used them for their
 * kind's idle time. At most one service of a kind and a business is alive: whoever asks for one that is
 * closing gets the next.
 */
export class ServiceRegistry implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #maxServices: number;
  /**
   * By kind and business: opening ones in the order in which they were asked for, open ones in the order in
   * which they opened.
   */
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
   * @throws {AppError} `services_closed` when the program stops; `services_full` when as many as may be alive
   *   are in use; `service_name_clash` when another kind has the name; and whatever its creation throws
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

  /** Closes every service that nobody uses, for when memory runs short. Resolves with their number. */
  async closeIdle(): Promise<number> {
    const idle = [...this.#held.values()].filter(({ isIdle }) => isIdle).reverse();
    await Promise.all(idle.map((held) => this.#close(held, "memory")));
    return idle.length;
  }

  /** The services that are alive. */
  report(): ServiceReport[] {
    return [...this.#held.values()].map((held) => held.report());
  }

  /**
   * Closes all services, in use or not, one after the other; nothing can be acquired any more. The last to
   * open is closed first, since it may use those that opened before it.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#closeAll();
  }

  /** The service with one more user, counted before anything is awaited during which it could be closed. */
  async #inUse<Service>(
    kind: ServiceKind<Service>,
    businessId: string | undefined,
  ): Promise<HeldService<Service>> {
    const key = serviceKey(kind, businessId);
    for (;;) {
      if (this.#disposed) {
        throw new AppError("services_closed", `${kind.name} is closed: the program is stopping.`);
      }
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
    const key = serviceKey(held.kind, held.businessId);
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

function serviceKey(kind: ServiceKind<unknown>, businessId: string | undefined): string {
  return `${kind.name}\n${businessId ?? ""}`;
}
