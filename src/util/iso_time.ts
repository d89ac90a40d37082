/** A date (its beginning in UTC) or a time with its zone. */
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** A date or time that somebody wrote, as ISO 8601 in UTC with milliseconds; undefined when it is none. */
export function toIsoTime(text: string): string | undefined {
  const ms = TIME.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
