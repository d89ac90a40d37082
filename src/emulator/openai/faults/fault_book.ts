import type { Fault, FaultOf, Point, PointFault, PointName, Which } from "./fault.ts";

interface Entry {
  readonly fault: Fault;
  timesLeft: number;
}

type OfKind<Kind> = Kind extends Fault["kind"] ? FaultOf<Kind> : never;

/** The faults of an emulator, and how often each may still happen. */
export class FaultBook {
  readonly #entries: Entry[];

  constructor(faults: readonly Fault[]) {
    this.#entries = faults.map((fault) => ({ fault, timesLeft: fault.times ?? 1 }));
  }

  add(fault: Fault): void {
    this.#entries.push({ fault, timesLeft: fault.times ?? 1 });
  }

  /** The part that concerns one session. */
  ofSession(session: number): SessionFaults {
    return new SessionFaults(this.#entries, session);
  }
}

/** The faults of one session. What is taken has happened: it is counted. */
export class SessionFaults {
  readonly #entries: readonly Entry[];
  readonly #session: number;

  constructor(entries: readonly Entry[], session: number) {
    this.#entries = entries;
    this.#session = session;
  }

  /** Takes a fault of a kind that concerns this response or turn. */
  take<Kind extends Fault["kind"]>(
    kind: Kind,
    { response, turn }: { response?: number; turn?: number } = {},
  ): OfKind<Kind> | undefined {
    const entry = this.#find((fault) =>
      fault.kind === kind && includes(fault.response, response) && includes(fault.turn, turn)
    );
    if (entry) entry.timesLeft--;
    return entry?.fault as OfKind<Kind> | undefined;
  }

  /** When the faults by time are due, in milliseconds since the session's start. */
  get elapsedMs(): number[] {
    return this.#entries.flatMap(({ fault }) =>
      "at" in fault && typeof fault.at === "object" && "elapsedMs" in fault.at && this.#isOpen(fault)
        ? [fault.at.elapsedMs]
        : []
    );
  }

  /** Takes the faults at a named point. `number` is that of the response or turn. */
  at(name: PointName, number?: number): PointFault[] {
    return this.#takePoints((point, fault) =>
      point === name && includes(fault.response, number) && includes(fault.turn, number)
    );
  }

  /** Takes the faults that a growing measure has reached; for `audioMs`, of a response's number. */
  reached(measure: "elapsedMs" | "appendedMs" | "audioMs", ms: number, response?: number): PointFault[] {
    return this.#takePoints((point, fault) =>
      typeof point === "object" && measure in point &&
      ms >= (point as Record<string, number>)[measure] && includes(fault.response, response)
    );
  }

  #takePoints(matches: (point: Point, fault: Fault) => boolean): PointFault[] {
    if (this.#entries.length === 0) return [];
    const due = this.#entries.filter(({ fault, timesLeft }) =>
      timesLeft > 0 && "at" in fault && this.#isOpen(fault) && matches(fault.at, fault)
    );
    for (const entry of due) entry.timesLeft--;
    return due.map(({ fault }) => fault as PointFault);
  }

  #find(matches: (fault: Fault) => boolean): Entry | undefined {
    return this.#entries.find(({ fault, timesLeft }) =>
      timesLeft > 0 && this.#isOpen(fault) && matches(fault)
    );
  }

  #isOpen(fault: Fault): boolean {
    return includes(fault.session, this.#session);
  }
}

function includes(which: Which | undefined, number: number | undefined): boolean {
  return which === undefined || which === "every" || number === undefined || which === number;
}
