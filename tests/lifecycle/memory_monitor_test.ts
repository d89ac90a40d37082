import assert from "node:assert/strict";
import { LiveCalls } from "../../src/call/live_calls.ts";
import { MemoryMonitor } from "../../src/lifecycle/memory_monitor.ts";
import { type ProcessMemory, ProcessMemoryReader } from "../../src/telemetry/process_memory.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { RecordingLog } from "../support/recording_log.ts";

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

function rig(limit: number | undefined = 512e6) {
  const clock = new ManualClock();
  const log = new RecordingLog();
  const reader = new FakeReader();
  const calls = new FakeCalls();
  const monitor = new MemoryMonitor({
    reader,
    calls,
    clock,
    log,
    limit,
    logSeconds: 30,
    kernelSlots: () => 2,
    services: () => [],
    lag: { takeReport: () => LAG },
  });
  return { clock, log, reader, calls, monitor };
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
  const clock = new ManualClock();
  const reader = new FakeReader();
  reader.memory = { ...IDLE, rssAnon: undefined };
  const monitor = new MemoryMonitor({
    reader,
    calls: new FakeCalls(),
    clock,
    log: new RecordingLog(),
    limit: undefined,
    logSeconds: 30,
    kernelSlots: () => 0,
    services: () => [],
    lag: { takeReport: () => LAG },
  });
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
