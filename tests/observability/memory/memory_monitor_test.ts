import assert from "node:assert/strict";
import { LiveCalls } from "../../../src/call/live_calls.ts";
import { MemoryMonitor, type MemoryRelief } from "../../../src/observability/memory/memory_monitor.ts";
import { MAX_SAMPLES } from "../../../src/observability/memory/memory_samples.ts";
import { type ProcessMemory, ProcessMemoryReader } from "../../../src/observability/process_memory.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { settle } from "../../support/microtasks.ts";
import { RecordingLog } from "../../support/recording_log.ts";

const IDLE: ProcessMemory = { rss: 50e6, heapTotal: 20e6, heapUsed: 10e6, external: 1e6, rssAnon: 40e6 };

const LAG = { meanMs: 0.4, p99Ms: 3, maxMs: 5.2, samples: 120 };

class FakeReader extends ProcessMemoryReader {
  memory: ProcessMemory | Error = IDLE;

  override read(): Promise<ProcessMemory> {
    return this.memory instanceof Error ? Promise.reject(this.memory) : Promise.resolve(this.memory);
  }
}

class FakeCalls extends LiveCalls {
  counts = { active: 0, peak: 0, total: 0 };

  override get active(): number {
    return this.counts.active;
  }

  override get peak(): number {
    return this.counts.peak;
  }

  override get total(): number {
    return this.counts.total;
  }

  override get memory() {
    return { ...super.memory, outputRing: 6000, inputRing: 2000, engine: 600, backlog: 1400 };
  }
}

/** Relief that writes down what was asked of it. */
class RecordingRelief implements MemoryRelief {
  readonly asked: string[] = [];

  trim(): number {
    this.asked.push("trim");
    return 1000;
  }

  closeIdle(): Promise<number> {
    this.asked.push("close idle");
    return Promise.resolve(2);
  }
}

/** @param limit bytes; null: the system does not tell */
function rig(limit: number | null = 512e6, logSeconds = 30) {
  const clock = new ManualClock();
  const log = new RecordingLog();
  const reader = new FakeReader();
  const calls = new FakeCalls();
  const relief = new RecordingRelief();
  const held = { kernelSlots: 2, admissionSlots: 0 };
  const monitor = new MemoryMonitor({
    reader,
    calls,
    clock,
    log,
    limit: limit ?? undefined,
    held: () => held,
    relief,
    logSeconds,
    kernelSlots: () => held.kernelSlots,
    services: () => [],
    lag: { takeReport: () => LAG },
  });
  /** One sample after the other for `minutes`, each with what `before` sets. */
  const run = async (minutes: number, before: (sample: number) => void): Promise<void> => {
    for (let sample = 0; sample < 2 * minutes; sample++) {
      before(sample);
      clock.advance(30_000);
      await settle();
    }
  };
  return { clock, log, reader, calls, monitor, relief, held, run };
}

Deno.test("MemoryMonitor reports the process beside its calls", async () => {
  const { monitor } = rig();
  const { cpuSeconds, ...report } = await monitor.report();
  assert.ok(cpuSeconds === null || cpuSeconds > 0, `${cpuSeconds}`);
  assert.deepEqual(report, {
    ...IDLE,
    limit: 512e6,
    activeCalls: 0,
    peakCalls: 0,
    totalCalls: 0,
    baselineRss: 50e6,
    perCall: null,
    kernelSlots: 2,
    services: [],
    pressure: "none",
    alarms: [],
    loopLag: LAG,
  });
});

Deno.test("MemoryMonitor tells what a call costs: by growth since the last idle reading, and by what calls hold", async () => {
  const { monitor, calls, reader } = rig();
  await monitor.report();
  calls.counts = { active: 4, peak: 5, total: 9 };
  reader.memory = { ...IDLE, rss: 51e6 };
  const report = await monitor.report();
  assert.deepEqual([report.activeCalls, report.peakCalls, report.totalCalls], [4, 5, 9]);
  assert.deepEqual(report.perCall, { process: 250_000, ledger: 2500 });
});

Deno.test("MemoryMonitor keeps the baseline of before the first call", async () => {
  const { monitor, calls, reader } = rig();
  await monitor.report();
  calls.counts = { active: 0, peak: 5, total: 9 };
  reader.memory = { ...IDLE, rss: 60e6 };
  assert.equal((await monitor.report()).baselineRss, 50e6);
});

Deno.test("MemoryMonitor says null where the system does not tell", async () => {
  const { monitor, reader } = rig(null);
  reader.memory = { ...IDLE, rssAnon: undefined };
  const { rssAnon, limit } = await monitor.report();
  assert.deepEqual([rssAnon, limit], [null, null]);
});

Deno.test("MemoryMonitor logs at its interval, goes on after an unreadable one, and stops when disposed", async () => {
  const { monitor, clock, log, reader } = rig();
  const wait = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  await wait(29_999);
  assert.deepEqual(log.names, []);
  await wait(1);
  reader.memory = new Error("no /proc");
  await wait(30_000);
  reader.memory = IDLE;
  await wait(30_000);
  assert.deepEqual(log.names, ["memory", "memory_unreadable", "memory"]);
  assert.equal(log.events[0].attributes.rss, 50e6);
  monitor[Symbol.dispose]();
  assert.equal(clock.pending, 0);
});

Deno.test("MemoryMonitor that logs seldom judges and gives back as soon as one that logs each 30 s", async () => {
  const { log, reader, monitor, relief, run } = rig(100e6, 300);
  await run(9, (sample) => reader.memory = { ...IDLE, rss: sample < 5 ? 60e6 : 72e6 });
  assert.equal(log.names.filter((name) => name === "memory").length, 1);
  assert.equal(relief.asked.length, 13);
  await run(31, (sample) => reader.memory = { ...IDLE, rssAnon: 40e6 + sample * 2e6 });
  assert.equal(log.names.filter((name) => name === "memory").length, 8);
  assert.deepEqual(monitor.alarms.active, ["growth"]);
  assert.equal(monitor.samples.length, 80);
});

Deno.test("MemoryMonitor logs at its interval also where that is no multiple of the time between samples", async () => {
  const { monitor, clock, log } = rig(undefined, 45);
  using _monitor = monitor;
  for (let second = 0; second < 180; second++) {
    clock.advance(1_000);
    await settle();
  }
  assert.equal(log.events.filter(({ event }) => event === "memory").length, 4);
  assert.equal(monitor.samples.length, 8, "none is more than 30 s after the one before");
});

Deno.test("MemoryMonitor samples as often as it logs when that is often", async () => {
  const { clock, log, monitor } = rig(512e6, 1);
  for (let second = 0; second < 5; second++) {
    clock.advance(1000);
    await settle();
  }
  assert.equal(log.names.length, 5);
  assert.equal(monitor.samples.length, 5);
});

Deno.test("MemoryMonitor raises an alarm as a log event and in its report, and says what is held", async () => {
  const { monitor, log, calls, held, run } = rig();
  calls.counts = { active: 3, peak: 3, total: 3 };
  await run(2, () => {});
  calls.counts.active = 0;
  held.kernelSlots = 1;
  await run(6, () => {});
  const [alarm] = log.events.filter(({ event }) => event === "memory_alarm");
  assert.equal(alarm.level, "error");
  assert.deepEqual(alarm.attributes, {
    alarm: "no_return",
    bytes: 40e6,
    activeCalls: 0,
    totalCalls: 3,
    settledBytes: 40e6,
    kernelSlots: 1,
    admissionSlots: 0,
  });
  assert.deepEqual((await monitor.report()).alarms, ["no_return"]);
  calls.counts.total++;
  held.kernelSlots = 0;
  await run(6, () => {});
  assert.equal(log.names.filter((name) => name === "memory_alarm_cleared").length, 1);
  assert.deepEqual((await monitor.report()).alarms, []);
});

Deno.test("MemoryMonitor judges growth by the process's own memory, not by pages of files", async () => {
  const { monitor, log, reader, run } = rig();
  await run(40, (sample) => reader.memory = { ...IDLE, rss: 50e6 + sample * 2e6 });
  assert.deepEqual(monitor.alarms.active, []);
  await run(40, (sample) => reader.memory = { ...IDLE, rssAnon: 40e6 + sample * 2e6 });
  assert.deepEqual(monitor.alarms.active, ["growth"]);
  const { attributes } = log.events.find(({ event }) => event === "memory_alarm")!;
  assert.equal(attributes.alarm, "growth");
  assert.ok(Number(attributes.lowBytesPerHour) > 0 && Number(attributes.bytesPerHour) > 0);
});

Deno.test("MemoryMonitor takes the whole resident set where the system does not tell more", async () => {
  const { monitor, reader, run } = rig();
  await run(40, (sample) => reader.memory = { ...IDLE, rss: 50e6 + sample * 2e6, rssAnon: undefined });
  assert.deepEqual(monitor.alarms.active, ["growth"]);
});

Deno.test("MemoryMonitor gives memory back when it runs short, least costly first, until there is enough", async () => {
  const { monitor, log, reader, relief, run } = rig(100e6);
  const rss = [60e6, 72e6, 82e6, 77e6, 74e6, 60e6, 60e6];
  await run(3.5, (sample) => reader.memory = { ...IDLE, rss: rss[sample] });
  assert.deepEqual(relief.asked, [
    "trim",
    ...["trim", "close idle"],
    ...["trim", "close idle"],
    "trim",
  ]);
  const events = log.events.filter(({ event }) => event.startsWith("memory_"));
  assert.deepEqual(
    events.map(({ event, attributes }) => [event, attributes.pressure, attributes.closedServices]),
    [
      ["memory_high", "trim", 0],
      ["memory_high", "close_idle", 2],
      ["memory_high", "close_idle", 2],
      ["memory_high", "trim", 0],
      ["memory_relaxed", undefined, undefined],
    ],
  );
  assert.equal((await monitor.report()).pressure, "none");
});

Deno.test("MemoryMonitor keeps its samples for the dashboard, the latest of them", async () => {
  const { monitor, calls, run } = rig();
  await run(190, (sample) => calls.counts.active = sample);
  const { samples } = monitor;
  assert.equal(samples.length, MAX_SAMPLES);
  assert.equal(samples.at(-1)!.activeCalls, 379);
  assert.equal(samples.at(-1)!.epochMs - samples[0].epochMs, 359 * 30_000);
  assert.deepEqual(Object.keys(samples[0]), ["epochMs", "rss", "rssAnon", "heapUsed", "activeCalls"]);
});
