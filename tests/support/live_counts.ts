import type { LiveCalls } from "../../src/call/live_calls.ts";
import type { CallSession } from "../../src/call/call_session.ts";
import type { CallMemory } from "../../src/observability/reports/call_snapshot.ts";

/** What calls hold outside of their own objects, counted where it is made and not where the program says so. */
export interface LiveCount {
  /** Sockets from Twilio, and to OpenAI, that are not closed. */
  twilioSockets: number;
  openAiSockets: number;
  /** Timers of the runtime that have been set and neither fired nor been cancelled. */
  timers: number;
  /** Bytes of the rings and engine slots of all calls there have been. */
  callBytes: number;
}

/**
 * Counts what the process makes and lets go of, by standing in front of the runtime's own functions from its making until
 * it is disposed of.
 */
export class LiveCounts implements Disposable {
  readonly #twilio: WebSocket[] = [];
  readonly #openAi: WebSocket[] = [];
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #calls: CallSession[] = [];
  readonly #restore: () => void;

  constructor() {
    const { upgradeWebSocket } = Deno;
    const { WebSocket, setTimeout, clearTimeout } = globalThis;
    const timers = this.#timers;
    const openAi = this.#openAi;
    this.#restore = () => {
      Object.assign(Deno, { upgradeWebSocket });
      Object.assign(globalThis, { WebSocket, setTimeout, clearTimeout });
    };
    Object.assign(Deno, {
      upgradeWebSocket: (...args: Parameters<typeof upgradeWebSocket>) => {
        const upgraded = upgradeWebSocket(...args);
        this.#twilio.push(upgraded.socket);
        return upgraded;
      },
    });
    Object.assign(globalThis, {
      WebSocket: class extends WebSocket {
        constructor(...args: ConstructorParameters<typeof WebSocket>) {
          super(...args);
          openAi.push(this);
        }
      },
      setTimeout: (run: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) => {
        const id = setTimeout(() => {
          timers.delete(id);
          run(...given);
        }, ms);
        timers.add(id);
        return id;
      },
      clearTimeout: (id?: ReturnType<typeof setTimeout>) => {
        if (id !== undefined) timers.delete(id);
        clearTimeout(id);
      },
    });
  }

  /** Keeps the sessions of all `calls` from now on, so that what they hold can be counted after their end. */
  keep(calls: LiveCalls): void {
    const { start } = calls;
    calls.start = (...args) => {
      const call = start.apply(calls, args);
      this.#calls.push(call);
      return call;
    };
  }

  /** How many sockets from Twilio there have been. */
  get twilioSocketsEver(): number {
    return this.#twilio.length;
  }

  get now(): LiveCount {
    const areOpen = (sockets: WebSocket[]) =>
      sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED).length;
    return {
      twilioSockets: areOpen(this.#twilio),
      openAiSockets: areOpen(this.#openAi),
      timers: this.#timers.size,
      callBytes: this.#calls.reduce((sum, { memory }) => sum + bytesOf(memory), 0),
    };
  }

  [Symbol.dispose](): void {
    this.#restore();
  }
}

function bytesOf(memory: CallMemory): number {
  return Object.values(memory).reduce((sum: number, bytes: number) => sum + bytes, 0);
}
