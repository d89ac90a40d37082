/** Digits of a Unix time in milliseconds, so that names sort by time; enough for 30,000 years. */
const TIME_DIGITS = 15;

/**
 * Name of a spool's file: when it was written, an id that stays its own for good, and the business. It sorts by time.
 * @param business its id: lower-case letters, digits and dashes
 */
export function entryName(epochMs: number, business: string): string {
  return `${String(Math.floor(epochMs)).padStart(TIME_DIGITS, "0")}_${crypto.randomUUID()}_${business}.json`;
}

/** Unix time in milliseconds. 0 for a name that is not ours, which makes it old. */
export function writtenAtMs(name: string): number {
  return Number.parseInt(name) || 0;
}

/** The id within the name. */
export function idOf(name: string): string {
  return name.split("_")[1] ?? name;
}

/** The business within the name. */
export function groupOf(name: string): string {
  return name.split("_")[2]?.replace(/\.json$/, "") ?? "";
}
