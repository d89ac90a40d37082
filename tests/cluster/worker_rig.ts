import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { BusinessDirectory } from "../../src/businesses/directory.ts";
import type { ActionOutcome, OperatorAction } from "../../src/call/call_actions.ts";
import { EndedCalls } from "../../src/call/ended_calls.ts";
import { SuspendedCalls } from "../../src/call/suspended_calls.ts";
import { StreamTokens } from "../../src/carrier/twilio/stream_token.ts";
import { withSecret } from "../../src/http/operators.ts";
import { router, type Routes } from "../../src/http/router.ts";
import { listen, type Listener } from "../../src/http/listen.ts";
import { Admission } from "../../src/admission/admission.ts";
import { OutboundLimits } from "../../src/admission/outbound_limits.ts";
import { DayLimits } from "../../src/admission/day_limits.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import { workerPeerRoutes, WorkerPeers } from "../../src/cluster/worker_peers.ts";
import { Siblings } from "../../src/cluster/siblings.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RecordingLog } from "../support/recording_log.ts";

const SECRET = "a secret of at least sixteen characters";

/** What one worker keeps of calls, and where it answers its peers, on a port of this machine. */
export class RiggedWorker implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly metrics = new Metrics();
  readonly suspended: SuspendedCalls = new SuspendedCalls(() => this.clock.now());
  readonly ended: EndedCalls = new EndedCalls(() => this.clock.now());
  readonly tokens: StreamTokens = new StreamTokens(SECRET, () => this.clock.epoch());
  /** What ends the streams that calls have here, by CallSid. */
  readonly streams = new Map<string, () => void>();
  /** What operators did here to the calls of {@link streams}. */
  readonly acted: { callSid: string; action: OperatorAction }[] = [];
  readonly calls = {
    leave: (callSid: string): void => this.streams.get(callSid)?.(),
    act: (callSid: string, action: OperatorAction): ActionOutcome | undefined => {
      if (!this.streams.has(callSid)) return undefined;
      this.acted.push({ callSid, action });
      return { outcome: "begun" };
    },
  };
  readonly business: Business = {
    ...DEFAULT_BUSINESS,
    id: "acme",
    limits: { ...DEFAULT_BUSINESS.limits, callsAtOnce: 2, minutesPerDay: 10 },
  };
  readonly businesses = new BusinessDirectory([this.business]);
  readonly dayLimits: DayLimits = new DayLimits(() => this.clock.epoch());
  readonly outboundLimits: OutboundLimits = new OutboundLimits(() => this.clock.epoch());
  readonly admission: Admission;
  readonly siblings: Siblings;
  readonly peers: WorkerPeers;
  readonly #server: Listener;

  constructor(worker: number, maxCalls: number, more: Routes = {}) {
    this.admission = new Admission(maxCalls, () => this.clock.now());
    this.siblings = new Siblings(worker, SECRET);
    this.peers = new WorkerPeers(this.siblings, this);
    const routes = router({ ...workerPeerRoutes(this), ...more }, new RecordingLog());
    this.#server = listen(withSecret(SECRET, routes), "127.0.0.1", 0);
  }

  get port(): number {
    return this.#server.port;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.stop();
  }
}

/** Acquaints workers with each other. */
export function acquaint(...workers: RiggedWorker[]): void {
  for (const { siblings } of workers) siblings.update(workers.map(({ port }) => port));
}
