import type { FleetProcesses } from "../../support/fleet_processes.ts";
import { eventually } from "../../support/eventually.ts";

/** The record of a call whose caller has hung up, as any instance gives it. */
export async function recordOf<Kept extends { readonly reason: string }>(
  fleet: FleetProcesses,
  callSid: string,
): Promise<Kept> {
  let record: Kept | undefined;
  await eventually("the record is whole", async () => {
    const found = await fleet.get(-1, `/records?call=${callSid}`);
    record = found.ok ? await found.json() : void await found.body?.cancel();
    return record?.reason === "caller_hung_up";
  }, 20_000);
  return record!;
}
