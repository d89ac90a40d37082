import assert from "node:assert/strict";
import fc from "fast-check";
import type { Lease, ServiceKind } from "../../src/services/service_kind.ts";
import { ServiceRegistry } from "../../src/services/service_registry.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { RecordingLog } from "../support/recording_log.ts";

const IDLE_MS = 1_000;
const BUSINESSES = ["a", "b", "c"];

/** A service that knows its own life. */
interface Service {
  readonly business: string;
  isOpen: boolean;
}

/** Creation and closing take time by the clock, and creation fails when told to. */
function slowKind(clock: ManualClock, alive: Service[], fails: () => boolean): ServiceKind<Service> {
  const pause = (ms: number) => new Promise<void>((resolve) => clock.at(clock.now() + ms, resolve));
  return {
    name: "slow",
    idleMs: IDLE_MS,
    async create(business) {
      const isDoomed = fails();
      await pause(20);
      if (isDoomed) throw new Error("doomed");
      const service = { business: business!, isOpen: true };
      alive.push(service);
      return service;
    },
    async close(service) {
      await pause(10);
      service.isOpen = false;
      alive.splice(alive.indexOf(service), 1);
    },
  };
}

const COMMAND = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("acquire"), index: fc.nat(2), fails: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("release"), index: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait"), index: fc.nat(2 * IDLE_MS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("closeIdle"), index: fc.constant(0) }) },
);

Deno.test("Whatever calls do, a lease's service is open, a business has one at most, and none outlives its idle time", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(COMMAND, { maxLength: 60 }), async (commands) => {
      const clock = new ManualClock();
      const alive: Service[] = [];
      let isNextDoomed = false;
      const kind = slowKind(clock, alive, () => isNextDoomed);
      const registry = new ServiceRegistry(clock, new RecordingLog(), 2);
      const leases: Lease<Service>[] = [];
      const waiting = new Set<Promise<void>>();
      const check = () => {
        for (const { service } of leases) {
          assert.ok(service.isOpen, `a lease on ${service.business} is closed`);
        }
        const names = alive.map(({ business }) => business);
        assert.equal(new Set(names).size, names.length, `twice alive: ${names}`);
        assert.ok(registry.report().length <= 2);
      };
      const pass = async (ms: number) => {
        for (let passed = 0; passed < ms; passed += 10) {
          clock.advance(10);
          await settle();
          check();
        }
      };
      for (const command of commands) {
        if (command.do === "acquire") {
          isNextDoomed = "fails" in command && command.fails;
          const acquired: Promise<void> = registry.acquire(kind, BUSINESSES[command.index])
            .then((lease) => void leases.push(lease), () => {})
            .finally(() => waiting.delete(acquired));
          waiting.add(acquired);
        } else if (command.do === "release" && leases.length > 0) {
          leases.splice(command.index % leases.length, 1)[0][Symbol.dispose]();
        } else if (command.do === "closeIdle") {
          const closed: Promise<void> = registry.closeIdle().then(() => void waiting.delete(closed));
          waiting.add(closed);
        } else await pass(command.index);
        await settle();
        check();
      }
      while (waiting.size > 0) {
        await pass(10);
        for (const lease of leases.splice(0)) lease[Symbol.dispose]();
      }
      for (const lease of leases.splice(0)) lease[Symbol.dispose]();
      await pass(IDLE_MS + 20);
      assert.deepEqual([alive, registry.report(), clock.pending], [[], [], 0]);
    }),
    { numRuns: 150 },
  );
});
