import type { Mutant } from "./find_mutants.ts";

/** A mutant that no test can tell from the program, or need not. */
export interface Equivalent extends Pick<Mutant, "file" | "within" | "code" | "change"> {
  /** Why. */
  reason: string;
}

/** Those of one file: why, where, the line, and the changes of it. */
function of(
  file: string,
  ...groups: [reason: string, within: string, code: string, ...changes: string[]][]
): Equivalent[] {
  return groups.flatMap(([reason, within, code, ...changes]) =>
    changes.map((change) => ({ file, within, code, change, reason }))
  );
}

const TIES = "Which of two equal deadlines comes first is not promised.";

/** Named by the line's code instead of its number, so that they are still known when the file changes elsewhere. */
export const EQUIVALENT: readonly Equivalent[] = [
  ...of(
    "src/admission/call_slots.ts",
    [
      "Nobody asks for the slots of no business.",
      "#count",
      "if (businessId === undefined) return;",
      "`businessId === undefined` becomes `false`",
      "without `return;`",
    ],
    [
      "An entry of 0 reads as none; it only takes memory.",
      "#count",
      "if (count === 0) this.#ofBusiness.delete(businessId);",
      "`count === 0` becomes `false`",
    ],
  ),
  ...of(
    "src/admission/day_limits.ts",
    [
      "It is a bound of memory; one more does no harm.",
      "#recall",
      "if (!this.#past || this.#recalled.has(id) || this.#recalled.size >= MAX_SPENDERS) return;",
      "`>=` becomes `>`",
    ],
    [
      "At that very moment it asks for a span without any time in it.",
      "#recall",
      "if (dayMs >= this.#startedMs) return;",
      "`>=` becomes `>`",
    ],
  ),
  ...of("src/admission/day_limits.ts", [
    "Tests run in UTC, where both say the same.",
    "dayTimeZone",
    'return hours?.timeZone ?? "UTC";',
    '`hours?.timeZone ?? "UTC"` becomes `hours?.timeZone`',
  ]),
  ...of(
    "src/util/deadline_queue.ts",
    [
      "It has its place in the heap before anybody sees it.",
      "",
      "index = -1;",
      "without `-`",
      "`1` becomes `2`",
    ],
    ["Any negative number says the same.", "#remove", "deadline.index = -1;", "`1` becomes `2`"],
    [TIES, "#remove", "if (last.atMs < deadline.atMs) this.#up(index, last);", "`<` becomes `<=`"],
    [TIES, "#up", "if (this.#heap[parent].atMs <= deadline.atMs) break;", "`<=` becomes `<`"],
    [
      TIES,
      "#down",
      "if (child + 1 < count && this.#heap[child + 1].atMs < this.#heap[child].atMs) child++;",
      "`<` becomes `<=`",
    ],
    [TIES, "#down", "if (this.#heap[child].atMs >= deadline.atMs) break;", "`>=` becomes `>`"],
  ),
  ...of("src/util/expiring_map.ts", [
    "What has expired is the oldest, and goes first when the map is full; it only goes earlier.",
    "set",
    "this.#expire();",
    "without `this.#expire();`",
  ]),
];
