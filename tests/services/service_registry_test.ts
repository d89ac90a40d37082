import assert from "node:assert/strict";
import { CLOSE_TIMEOUT_MS } from "../../src/services/held_service.ts";
import type { ServiceKind } from "../../src/services/service_kind.ts";
import { ServiceRegistry } from "../../src/services/service_registry.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { RecordingLog } from "../support/recording_log.ts";

const IDLE_MS = 60_000;

/** A kind whose services only note what happens to them. */
class Kind implements ServiceKind<string> {
  readonly idleMs: number = IDLE_MS;
  created: (string | undefined)[] = [];
  closed: string[] = [];

  constructor(readonly name = "store", readonly order: string[] = []) {}

  create(businessId: string | undefined): Promise<string> {
    this.created.push(businessId);
    return Promise.resolve(`${this.name} of ${businessId}`);
  }

  close(service: string): Promise<void> | void {
    this.closed.push(service);
    this.order.push(service);
  }
}

function rig(maxServices?: number) {
  const clock = new ManualClock();
  const log = new RecordingLog();
  return { clock, log, registry: new ServiceRegistry(clock, log, maxServices) };
}

Deno.test("ServiceRegistry makes a service at the first wish and shares it from then on", async () => {
  const { registry } = rig();
  const kind = new Kind();
  assert.deepEqual(registry.report(), []);
  using first = await registry.acquire(kind, "dentist");
  using second = await registry.acquire(kind, "dentist");
  assert.equal(first.service, second.service);
  assert.deepEqual(kind.created, ["dentist"]);
});

Deno.test("ServiceRegistry creates once under concurrency", async () => {
  const { registry } = rig();
  const kind = new Kind();
  const leases = await Promise.all(Array.from({ length: 20 }, () => registry.acquire(kind, "dentist")));
  assert.deepEqual(kind.created, ["dentist"]);
  assert.equal(registry.report()[0].users, 20);
  for (const lease of leases) lease[Symbol.dispose]();
  assert.equal(registry.report()[0].users, 0);
});

Deno.test("ServiceRegistry keeps businesses apart, and both from what all share", async () => {
  const { registry } = rig();
  const kind = new Kind();
  using dentist = await registry.acquire(kind, "dentist");
  using bakery = await registry.acquire(kind, "bakery");
  using shared = await registry.acquire(kind);
  assert.deepEqual(
    [dentist.service, bakery.service, shared.service],
    ["store of dentist", "store of bakery", "store of undefined"],
  );
});

Deno.test("ServiceRegistry closes a service that was unused for its idle time, and makes it anew after that", async () => {
  const { clock, log, registry } = rig();
  const kind = new Kind();
  const lease = await registry.acquire(kind, "dentist");
  clock.advance(2 * IDLE_MS);
  assert.deepEqual(kind.closed, [], "in use");
  lease[Symbol.dispose]();
  clock.advance(IDLE_MS - 1);
  assert.deepEqual(kind.closed, []);
  clock.advance(1);
  await settle();
  assert.deepEqual(kind.closed, ["store of dentist"]);
  assert.deepEqual(registry.report(), []);
  assert.equal(clock.pending, 0);
  assert.deepEqual(log.names, ["service_opened", "service_closed"]);
  (await registry.acquire(kind, "dentist"))[Symbol.dispose]();
  assert.equal(kind.created.length, 2);
});

Deno.test("ServiceRegistry keeps a service that is used again before its idle time is over", async () => {
  const { clock, registry } = rig();
  const kind = new Kind();
  (await registry.acquire(kind))[Symbol.dispose]();
  clock.advance(IDLE_MS - 1);
  using _again = await registry.acquire(kind);
  clock.advance(10 * IDLE_MS);
  assert.deepEqual(kind.closed, []);
});

Deno.test("A lease that is disposed of twice counts once", async () => {
  const { registry } = rig();
  const kind = new Kind();
  using _other = await registry.acquire(kind);
  const lease = await registry.acquire(kind);
  lease[Symbol.dispose]();
  lease[Symbol.dispose]();
  assert.equal(registry.report()[0].users, 1);
});

Deno.test("A failed creation reaches everybody who waits, and is not kept", async () => {
  const { clock, log, registry } = rig();
  const kind = new Kind();
  const create = kind.create;
  kind.create = () => {
    throw new Error("The database is down.");
  };
  const outcomes = await Promise.allSettled([registry.acquire(kind), registry.acquire(kind)]);
  assert.deepEqual(outcomes.map(({ status }) => status), ["rejected", "rejected"]);
  assert.deepEqual(registry.report(), []);
  assert.deepEqual(log.names, ["service_open_failed"]);
  assert.equal(clock.pending, 0);
  kind.create = create;
  using lease = await registry.acquire(kind);
  assert.equal(lease.service, "store of undefined");
});

Deno.test("Whoever wishes for a service that is closing waits and gets the next one", async () => {
  const { clock, registry } = rig();
  const kind = new Kind();
  const closing = Promise.withResolvers<void>();
  kind.close = () => closing.promise;
  (await registry.acquire(kind))[Symbol.dispose]();
  clock.advance(IDLE_MS);
  const next = registry.acquire(kind);
  await settle();
  assert.equal(kind.created.length, 1, "the old one still closes");
  assert.equal(registry.report()[0].state, "closing");
  closing.resolve();
  using _lease = await next;
  assert.equal(kind.created.length, 2);
});

Deno.test("A service that does not close in time counts as closed, and so does one whose closing throws", async () => {
  const { clock, log, registry } = rig();
  const kind = new Kind();
  kind.close = () => new Promise(() => {});
  (await registry.acquire(kind))[Symbol.dispose]();
  clock.advance(IDLE_MS);
  await settle();
  clock.advance(CLOSE_TIMEOUT_MS);
  await settle();
  assert.deepEqual(registry.report(), []);
  kind.close = () => Promise.reject(new Error("The socket is gone."));
  (await registry.acquire(kind))[Symbol.dispose]();
  clock.advance(IDLE_MS);
  await settle();
  assert.deepEqual(registry.report(), []);
  const failures = log.events.filter(({ event }) => event === "service_close_failed");
  assert.deepEqual(failures.map(({ attributes }) => attributes.message), [
    "It did not close in time.",
    "The socket is gone.",
  ]);
});

Deno.test("closeIdle closes what nobody uses, and nothing else", async () => {
  const { clock, registry } = rig();
  const kind = new Kind();
  using _used = await registry.acquire(kind, "used");
  (await registry.acquire(kind, "idle"))[Symbol.dispose]();
  assert.equal(await registry.closeIdle(), 1);
  assert.deepEqual(kind.closed, ["store of idle"]);
  assert.deepEqual(registry.report().map(({ business }) => business), ["used"]);
  assert.equal(clock.pending, 0);
});

Deno.test("For a service too many, the one that has been idle longest goes; when all are in use, none is made", async () => {
  const { clock, registry } = rig(2);
  const kind = new Kind();
  for (const business of ["first", "second"]) {
    (await registry.acquire(kind, business))[Symbol.dispose]();
    clock.advance(1);
  }
  using _third = await registry.acquire(kind, "third");
  assert.deepEqual(kind.closed, ["store of first"]);
  using _second = await registry.acquire(kind, "second");
  await assert.rejects(registry.acquire(kind, "fourth"), { code: "services_full" });
});

Deno.test("Two kinds cannot share a name", async () => {
  const { registry } = rig();
  using _lease = await registry.acquire(new Kind("store"));
  await assert.rejects(registry.acquire(new Kind("store")), { code: "service_name_clash" });
});

Deno.test("At the end what uses another service is closed before it, in use or not", async () => {
  const { clock, registry } = rig();
  const order: string[] = [];
  const client = new Kind("client", order);
  const store = new Kind("store", order);
  store.create = async (businessId) => {
    const lease = await registry.acquire(client);
    store.close = (service) => {
      order.push(service);
      lease[Symbol.dispose]();
    };
    return `store of ${businessId} on ${lease.service}`;
  };
  await registry.acquire(store, "dentist");
  await registry[Symbol.asyncDispose]();
  assert.deepEqual(order, ["store of dentist on client of undefined", "client of undefined"]);
  assert.equal(clock.pending, 0);
  await assert.rejects(registry.acquire(store, "dentist"), { code: "services_closed" });
});

Deno.test("At the end a service that is still opening is closed as soon as it is open", async () => {
  const { registry } = rig();
  const kind = new Kind();
  const opening = Promise.withResolvers<string>();
  kind.create = () => opening.promise;
  const lease = registry.acquire(kind);
  await settle();
  const ended = registry[Symbol.asyncDispose]();
  opening.resolve("late");
  await ended;
  assert.deepEqual(kind.closed, ["late"]);
  (await lease)[Symbol.dispose]();
});

Deno.test("A report tells who uses what, since when not, and what the service says of itself", async () => {
  const { clock, registry } = rig();
  const kind = Object.assign(new Kind(), { measure: () => ({ connections: 3 }) });
  using _used = await registry.acquire(kind, "dentist");
  (await registry.acquire(kind))[Symbol.dispose]();
  clock.advance(1_500);
  const measures = { connections: 3 };
  assert.deepEqual(registry.report(), [
    { name: "store", business: "dentist", state: "open", users: 1, idleMs: 0, measures },
    { name: "store", business: null, state: "open", users: 0, idleMs: 1_500, measures },
  ]);
});
