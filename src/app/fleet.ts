import project from "../../deno.json" with { type: "json" };
import type { PeerInstances } from "../cluster/peer_instances.ts";
import type { CallMover } from "../cluster/mongo/call_mover.ts";
import type { MongoFleet } from "../cluster/mongo/mongo_fleet.ts";
import type { AppContext, CallParts } from "./calls.ts";
import { free } from "./operations.ts";

/** This process as an instance of a fleet. */
export interface FleetMembership extends AsyncDisposable {
  readonly fleet: MongoFleet;
  readonly mover: CallMover;
}

/**
 * Joins the fleet that shares the configured MongoDB, and loads the code for it. Resolves when the others
 * have noticed it, some four seconds later. A database that cannot be reached is tried again with each
 * heartbeat.
 *
 * @param workers that answer on the same port, each an instance of its own
 */
export async function joinFleet(
  context: AppContext,
  parts: CallParts,
  workers?: PeerInstances,
): Promise<FleetMembership> {
  const { config, clock, log, metrics, services: { registry, mongo } } = context;
  if (mongo === undefined) throw new TypeError("A fleet needs MongoDB.");
  const { MongoFleet } = await import("../cluster/mongo/mongo_fleet.ts");
  const { FleetStore } = await import("../cluster/mongo/fleet_store.ts");
  const { instanceUrl, adminToken } = config;
  const { addressProof } = await import("../cluster/address_proof.ts");
  const { CallMover } = await import("../cluster/mongo/call_mover.ts");
  const { admission, calls } = parts;
  await using held = new AsyncDisposableStack(); // leaves when a later step throws
  const fleet = held.use(
    new MongoFleet({
      ...context,
      ...parts,
      async connect() {
        const lease = await registry.acquire(mongo);
        try {
          return await FleetStore.open(lease.service.database);
        } catch (error) {
          lease[Symbol.dispose]();
          throw error;
        } // held as long as the process lives: every call needs it
      },
      version: project.version,
      address: instanceUrl,
      proof: instanceUrl === undefined || adminToken === undefined
        ? undefined
        : await addressProof(adminToken, instanceUrl),
      past: parts.past,
      workers,
      state: () => ({
        calls: calls.active,
        free: free(parts),
        refusal: admission.readyRefusal ?? null,
      }),
    }),
  );
  const mover = held.use(
    new CallMover({ fleet, calls, clock, log, metrics, refusal: () => admission.refusal }),
  );
  await fleet.join();
  await fleet.noticed(); // whoever calls before that could get nothing of what all share
  const open = held.move();
  return { fleet, mover, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() };
}
