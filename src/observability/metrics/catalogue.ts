/** One metric, in Prometheus's terms. */
export interface MetricDefinition {
  /**
   * Ends with the unit, `_bytes`, `_seconds` or `_usd`, where it is no plain count; `_total` follows for a
   * counter.
   */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Label that distinguishes its series; undefined for a single series. */
  readonly label?: string;
  /**
   * Values of the label that are 0 until they are counted, where they are known beforehand: Prometheus sees
   * the first event only where it has seen the series without it.
   */
  readonly values?: readonly string[];
  /** Upper bounds of a histogram's buckets, rising, without infinity. */
  readonly buckets?: readonly number[];
}

const TURN_BUCKETS = [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10];
const LAG_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** Every metric of `GET /metrics`, in its order. */
export const METRICS = {
  rss: gauge("process_resident_memory_bytes", "Resident set of the process."),
  rssAnon: gauge(
    "slimline_memory_anonymous_bytes",
    "Resident memory of the process's own, where it may read that.",
  ),
  heapTotal: gauge("slimline_memory_heap_total_bytes", "Size of the V8 heap."),
  heapUsed: gauge("slimline_memory_heap_used_bytes", "Used part of the V8 heap."),
  external: gauge("slimline_memory_external_bytes", "Held outside of the V8 heap by its objects."),
  memoryLimit: gauge("slimline_memory_limit_bytes", "Memory that the process may use."),
  settledMemory: gauge(
    "slimline_memory_settled_bytes",
    "Memory that the process settled on after its first load.",
  ),
  callMemory: gauge("slimline_call_memory_bytes", "Held by live calls, by what holds it.", "part"),
  alarmsActive: gauge("slimline_memory_alarm", "1 while the memory alarm is raised.", "alarm"),
  alarmsRaised: counter("slimline_memory_alarms_total", "Times a memory alarm was raised.", "alarm"),
  cpu: counter("process_cpu_seconds_total", "CPU time, user and system."),
  loopLag: histogram(
    "slimline_event_loop_lag_seconds",
    "Lateness of the event loop, measured ten times a second.",
    LAG_BUCKETS,
  ),
  callsActive: gauge("slimline_calls_active", "Live calls."),
  callsPeak: gauge("slimline_calls_peak", "Most calls at once since the start."),
  callsStarted: counter("slimline_calls_started_total", "Calls since the start, each at its first stream."),
  streamsEnded: counter(
    "slimline_streams_ended_total",
    "Media streams that have ended, by why. A call that comes back from a transfer or from key tones has one each time.",
    "reason",
    [
      "caller_hung_up",
      "agent_hung_up",
      "operator_hung_up",
      "limit_reached",
      "transferred",
      "suspended",
      "stream_lost",
      "stream_stalled",
      "agent_lost",
      "moved",
      "server_stopped",
    ],
  ),
  callsRefused: counter("slimline_calls_refused_total", "Calls that were turned away, by why.", "reason"),
  streamsRefused: counter(
    "slimline_streams_refused_total",
    "Media streams that were not taken, by why.",
    "reason",
  ),
  admission: gauge(
    "slimline_admission",
    "1 for what a new call would meet at present: open, or why it is refused.",
    "state",
  ),
  admissionSlots: gauge("slimline_admission_slots", "Slots for calls, by what is in them.", "state"),
  callsFree: gauge(
    "slimline_calls_free",
    "Calls that could be taken beside those that are live: the least of slots, memory and CPU.",
  ),
  callsMoved: counter(
    "slimline_calls_moved_total",
    "Live calls that were handed over to another instance, by the moment: a pause of the talk, or a gap between words.",
    "rest",
    ["pause", "gap"],
  ),
  talksNotRead: counter(
    "slimline_cluster_talks_not_read_total",
    "Conversations of other instances that could not be gone on with: of a business that is not known here, or in no known form.",
    "reason",
    ["business", "form"],
  ),
  clusterAway: gauge("slimline_cluster_away", "1 while the database of the fleet cannot be asked."),
  clusterInstances: gauge("slimline_cluster_instances", "Instances of the fleet that are alive."),
  clusterUnanswered: counter(
    "slimline_cluster_unanswered_total",
    "Questions to the fleet's database without an answer in time.",
  ),
  clusterOperations: counter(
    "slimline_cluster_operations_total",
    "Operations on the fleet's database, by kind.",
    "kind",
  ),
  callCost: gauge("slimline_admission_call_bytes", "What one more call is taken to cost in memory."),
  kernelSlots: gauge("slimline_kernel_slots", "Open slots of the resampler."),
  sessions: gauge("slimline_sessions", "OpenAI sessions whose socket is not closed."),
  warmSessions: gauge("slimline_warm_sessions", "OpenAI sessions that wait for their call."),
  socketsLingering: gauge(
    "slimline_sockets_lingering",
    "Sockets that were closed some seconds ago and whose peers keep them open, by peer.",
    "peer",
  ),
  descriptorsReserved: gauge(
    "slimline_descriptors_reserved",
    "File descriptors held in reserve for live calls and their records.",
  ),
  listenerDeaths: counter(
    "slimline_listener_deaths_total",
    "Times the listener accepted no more connections and listened again.",
  ),
  services: gauge("slimline_services", "Services alive, such as database clients, by name.", "service"),
  turnReceived: histogram(
    "slimline_turn_received_seconds",
    "From the end of the caller's turn to the answer's first audio from OpenAI.",
    TURN_BUCKETS,
  ),
  turnSent: histogram(
    "slimline_turn_sent_seconds",
    "From the end of the caller's turn to the answer's first audio sent to Twilio.",
    TURN_BUCKETS,
  ),
  turnPlayed: histogram(
    "slimline_turn_played_seconds",
    "From the end of the caller's turn to the answer's first audio played to the caller.",
    TURN_BUCKETS,
  ),
  toolCalls: counter(
    "slimline_tool_calls_total",
    "Function calls of the model, by how they ended.",
    "outcome",
    ["done", "failed", "timed_out", "refused", "call_ended"],
  ),
  responses: counter(
    "slimline_responses_total",
    "Responses of the model that are over, by how: completed, cancelled, failed, or why they ended early.",
    "outcome",
    ["completed", "cancelled", "failed", "max_output_tokens", "content_filter"],
  ),
  interruptions: counter(
    "slimline_interruptions_total",
    "Answers that the caller cut off: those that stand, and those that were taken back since no words came.",
    "outcome",
    ["stands", "taken_back"],
  ),
  limitsReached: counter(
    "slimline_limits_reached_total",
    "Calls that were ended because they reached a limit of their business, by which.",
    "limit",
    ["call_minutes", "call_cost", "day_minutes", "day_cost", "outbound_day_cost", "tool_calls"],
  ),
  operatorActions: counter(
    "slimline_operator_actions_total",
    "What operators did to live calls: end, transfer, tell.",
    "action",
    ["end", "transfer", "tell"],
  ),
  sessionsLost: counter("slimline_sessions_lost_total", "OpenAI sessions lost in the middle of a call."),
  audioDropped: counter(
    "slimline_audio_dropped_seconds_total",
    "Audio dropped because its buffer was full, by who spoke.",
    "speaker",
    ["caller", "model"],
  ),
  recordsWaiting: gauge(
    "slimline_records_waiting",
    "Call records in the outbox of this process, by where they are to go.",
    "destination",
  ),
  cost: counter(
    "slimline_cost_usd_total",
    "What OpenAI charges for the calls that have ended, as far as its prices are known.",
  ),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricId = keyof typeof METRICS;
type IdsOf<Type> = { [Id in MetricId]: (typeof METRICS)[Id]["type"] extends Type ? Id : never }[MetricId];
export type CounterId = IdsOf<"counter">;
export type GaugeId = IdsOf<"gauge">;
export type HistogramId = IdsOf<"histogram">;

function gauge(name: string, help: string, label?: string) {
  return { name, type: "gauge" as const, help, label };
}

function counter<const Values extends readonly string[] = readonly []>(
  name: string,
  help: string,
  label?: string,
  values?: Values,
) {
  return { name, type: "counter" as const, help, label, values };
}

function histogram(name: string, help: string, buckets: readonly number[]) {
  return { name, type: "histogram" as const, help, buckets };
}
