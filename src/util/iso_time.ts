/** A date (its beginning in UTC) or a time with its zone. */
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * A date or time that somebody wrote, as ISO 8601 in UTC with milliseconds; undefined when it is none, as the
 * 31st of June. A space before the zone is a plus sign that was not escaped in an address.
 */
export function toIsoTime(text: string): string | undefined {
  const written = text.replace(/ (?=\d\d:\d\d$)/, "+");
  const ms = TIME.test(written) && isDay(written.slice(0, 10)) ? Date.parse(written) : NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** Whether a calendar has it: parsers take the 31st of June for the 1st of July. */
function isDay(date: string): boolean {
  const ms = Date.parse(date);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}
