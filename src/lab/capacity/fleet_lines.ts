import type { CapacityReport } from "./capacity_report.ts";

/** Most instances that `--instances` computes for. */
export const MAX_INSTANCES = 1_000;
/** How long a call is taken to last. */
const CALL_SECONDS = 180;
/** What a call, and an instance a second, ask the fleet's database: as measured, see docs/scaling.md. */
const PER_CALL = { reads: 3.3, writes: 4.4 };
const PER_INSTANCE_AND_SECOND = { reads: 0.9, writes: 1.2 };

/**
 * What so many instances like the one that was measured hold together, and what they ask their database:
 * computed, and marked as such. None without `instances`, or when not even the first step was held.
 */
export function fleetLines({ steps, stopped, instances }: CapacityReport): string[] {
  if (instances === undefined) return [];
  const held = Math.max(0, ...(stopped === null ? steps : steps.slice(0, -1)).map(({ calls }) => calls));
  if (held === 0) return [];
  const perSecond = (kind: "reads" | "writes") =>
    Math.ceil(
      PER_CALL[kind] * held * instances / CALL_SECONDS + PER_INSTANCE_AND_SECOND[kind] * instances,
    );
  return [
    `Computed, not measured: ${instances} instances like this one hold ${
      held * instances
    } calls at once, and ` +
    `${held * (instances - 1)} while one of them is replaced.`,
    `With calls of ${CALL_SECONDS / 60} minutes they ask their database for some ${
      perSecond("reads")
    } reads and ` +
    `${perSecond("writes")} writes a second, beside records and knowledge (docs/scaling.md).`,
    "",
  ];
}
