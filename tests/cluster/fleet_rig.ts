import { MongoClient } from "mongodb";
import { Admission } from "../../src/admission/admission.ts";
import { DayLimits } from "../../src/admission/day_limits.ts";
import { OutboundLimits } from "../../src/admission/outbound_limits.ts";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { BusinessDirectory } from "../../src/businesses/directory.ts";
import { EndedCalls } from "../../src/call/ended_calls.ts";
import { Journal } from "../../src/call/journal/journal.ts";
import { LiveCalls } from "../../src/call/live_calls.ts";
import { type SuspendedCall, SuspendedCalls } from "../../src/call/suspended_calls.ts";
import { FleetStore } from "../../src/cluster/mongo/fleet_store.ts";
import { MongoFleet } from "../../src/cluster/mongo/mongo_fleet.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import type { Clock } from "../../src/util/clock.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import type { MongoServer } from "../support/mongo/mongo_server.ts";
import { RecordingLog } from "../support/recording_log.ts";

/** Of the one business. */
export const FLEET_LIMITS = { callsAtOnce: 10, minutesPerDay: 60 };

/** Where an instance keeps what it shares, and the time that it goes by. */
export interface RigParts {
  /** Default: a new one. */
  readonly id?: string;
  /** Where people reach it. Default: nobody says. */
  readonly address?: string;
  readonly proof?: string;
  readonly clock: Clock;
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: () => number;
  readonly connect: () => Promise<FleetStore>;
  /** Cuts the connection. */
  readonly close: () => Promise<void>;
}

/** What one instance of a fleet keeps of calls. */
export class RiggedInstance implements AsyncDisposable {
  readonly clock: Clock;
  readonly log = new RecordingLog();
  readonly metrics = new Metrics();
  readonly business: Business = {
    ...DEFAULT_BUSINESS,
    id: "acme",
    limits: { ...DEFAULT_BUSINESS.limits, ...FLEET_LIMITS },
  };
  readonly businesses = new BusinessDirectory([this.business]);
  readonly admission: Admission;
  readonly suspended: SuspendedCalls;
  readonly ended: EndedCalls;
  readonly calls = new LiveCalls();
  readonly dayLimits: DayLimits;
  readonly outboundLimits: OutboundLimits;
  readonly fleet: MongoFleet;
  readonly #close: () => Promise<void>;
  #isDead = false;

  constructor({ id, address, proof, clock, random, connect, close }: RigParts) {
    this.clock = clock;
    this.#close = close;
    this.admission = new Admission(100, () => clock.now(), {}, {
      freed: (...slot) => this.#isDead || this.fleet.freed(...slot),
      renamed: (...slot) => this.fleet.renamed(...slot),
    });
    this.suspended = new SuspendedCalls(() => clock.now(), {
      kept: (...call) => this.fleet.kept(...call),
      left: (...call) => this.fleet.left(...call),
      dropped: (callSid) => this.fleet.dropped(callSid),
    });
    this.ended = new EndedCalls(() => clock.now(), (...ending) => this.fleet.over(...ending));
    this.dayLimits = new DayLimits(() => clock.epoch());
    this.outboundLimits = new OutboundLimits(() => clock.epoch());
    this.fleet = new MongoFleet({
      ...this,
      id,
      address,
      proof,
      random,
      connect,
      version: "test",
      state: () => ({
        calls: this.calls.active,
        free: this.admission.capacity - this.admission.inUse,
        refusal: this.admission.readyRefusal ?? null,
      }),
    });
  }

  /**
   * On a MongoDB of the test's.
   * @param skewMs what this machine's clock is ahead
   */
  static async join(
    server: MongoServer,
    { skewMs = 0, address, proof }: { skewMs?: number; address?: string; proof?: string } = {},
  ): Promise<RiggedInstance> {
    const client = new MongoClient(server.uri, { maxPoolSize: 8, serverSelectionTimeoutMS: 1_000 });
    const instance = new RiggedInstance({
      clock: skewedClock(new SystemClock(), skewMs),
      address,
      proof,
      connect: () => FleetStore.open(client.db()),
      close: () => client.close(true),
    });
    await instance.fleet.join();
    return instance;
  }

  /** A call that is away, with something said. */
  away(): SuspendedCall {
    return { business: this.business, journal: new Journal(this.clock, this.metrics) };
  }

  /** Ends without a word, as a process that is killed. */
  async die(): Promise<void> {
    this.#isDead = true;
    this.fleet.falter();
    await this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDead) return;
    await this.fleet[Symbol.asyncDispose]();
    await this.#close();
  }
}

/** A clock that is ahead of another. */
export function skewedClock(clock: Clock, skewMs: number): Clock {
  return {
    now: () => clock.now(),
    awake: () => clock.awake(),
    epoch: () => clock.epoch() + skewMs,
    at: (...deadline) => clock.at(...deadline),
  };
}
