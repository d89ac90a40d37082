/** What is said of opening hours in the languages that calls speak. */
const WORDS = {
  en: { hours: "Opening hours", closed: "closed", holidays: "public holidays" },
  de: { hours: "Öffnungszeiten", closed: "geschlossen", holidays: "Feiertage" },
  es: { hours: "Horario de apertura", closed: "cerrado", holidays: "festivos" },
  fr: { hours: "Horaires d’ouverture", closed: "fermé", holidays: "jours fériés" },
  it: { hours: "Orari di apertura", closed: "chiuso", holidays: "giorni festivi" },
  pt: { hours: "Horário de funcionamento", closed: "fechado", holidays: "feriados" },
} as const;

/** Days as schema.org shortens them, from Monday on. */
const DAYS = ["mo", "tu", "we", "th", "fr", "sa", "su"];
/** 1 January 2024 was a Monday. */
const MONDAY_MS = Date.UTC(2024, 0, 1), DAY_MS = 86_400_000;

/** How a language, such as `de-AT`, calls opening hours; English where it is another than those. */
export function hoursTitle(language: string): string {
  return wordsOf(language).hours;
}

function wordsOf(language: string): typeof WORDS[keyof typeof WORDS] {
  const code = language.slice(0, 2).toLowerCase();
  return Object.hasOwn(WORDS, code) ? WORDS[code as keyof typeof WORDS] : WORDS.en;
}

/**
 * Opening hours of schema.org, a line for each entry: `Monday, Tuesday: 09:00–18:00`.
 *
 * @param language names the days
 * @param value `OpeningHoursSpecification`, or a text such as `Mo-Fr 09:00-17:00`, or a list of either
 */
export function daysAndTimes(value: unknown, language: string): string[] {
  return [value].flat().flatMap((entry) => {
    if (typeof entry === "string") return shortForm(entry, language);
    if (typeof entry !== "object" || entry === null) return [];
    return specification(entry as Readonly<Record<string, unknown>>, language);
  });
}

function specification(
  { dayOfWeek, opens, closes, validFrom, validThrough }: Readonly<Record<string, unknown>>,
  language: string,
): string[] {
  const days = [dayOfWeek].flat().flatMap((day) => typeof day === "string" ? dayName(day, language) : []);
  const dates = [...new Set([validFrom, validThrough].filter((date) => typeof date === "string"))].join(
    " – ",
  );
  const when = [days.join(", "), dates].filter(Boolean).join(", ");
  if (when === "") return [];
  if (typeof opens !== "string" || typeof closes !== "string") return [];
  return [`${when}: ${span(opens, closes, language)}`];
}

/**
 * Days, then times. Each name but the first has a separator before it: names that may stand side by side can
 * be told apart in more ways than can be tried in a sentence of long words, which many pages have here.
 */
const SHORT_FORM = /^\s*([a-z]{2,9}\.?(?:[-–,\s]+[a-z]{2,9}\.?)*[-–,\s]*)(\d{1,2}:\d{2}.*)?$/i;

/** Days and what follows up to the next ones. */
const GROUP = /[a-z]\D*(?:\d[^a-z]*)?/gi;
/** From and to, and what may stand between several. */
const SPAN = /(\d{1,2}:\d{2}(?::\d{2})?)\s*[-–−]\s*(\d{1,2}:\d{2}(?::\d{2})?)/g;
const BETWEEN_SPANS = /^[\s,;&]*$/;

/** `Mo-Fr,Su 09:00-12:00,14:00-18:00; Sa 10:00-12:00`; as it is where a part of it has another form. */
function shortForm(text: string, language: string): string[] {
  const whole = text.trim();
  const groups = whole.match(GROUP) ?? [];
  const lines = groups.map((group) => daysWithTimes(group, language)).filter((line) => line !== undefined);
  if (lines.length === groups.length && groups.join("") === whole) return lines;
  return [whole];
}

/** A line for days and their times; undefined where it is none of both alone. */
function daysWithTimes(group: string, language: string): string | undefined {
  const [, days, times = ""] = SHORT_FORM.exec(group.trim()) ?? [];
  const names = days?.split(/,|\s+(?=[a-z])/i).map((part) => dayRange(part.trim(), language));
  if (!names || names.some((name) => name.length === 0)) return undefined;
  if (!BETWEEN_SPANS.test(times.replace(SPAN, ""))) return undefined;
  const spans = Array.from(times.matchAll(SPAN), ([, opens, closes]) => span(opens, closes, language));
  return `${names.flat().join(", ")}: ${spans.length === 0 ? "00:00–24:00" : spans.join(", ")}`;
}

function dayRange(part: string, language: string): string[] {
  const [from, to = from] = part.split(/\s*[-–−]\s*/);
  const first = dayIndex(from), last = dayIndex(to);
  if (first < 0 || last < 0) return dayName(part, language);
  const count = (last - first + 7) % 7 + 1;
  return Array.from({ length: count }, (_, step) => weekday((first + step) % 7, language));
}

function dayName(day: string, language: string): string[] {
  const bare = day.replace(/^.*[/#:]/, "").trim();
  if (bare === "PublicHolidays" || bare === "PH") return [wordsOf(language).holidays];
  const index = dayIndex(bare);
  return index < 0 ? [] : [weekday(index, language)];
}

function dayIndex(day: string): number {
  return /^(?:mo|tu|we|th|fr|sa|su)(?:\w*day|[a-z]{0,2})\.?$/i.test(day)
    ? DAYS.indexOf(day.slice(0, 2).toLowerCase())
    : -1;
}

function weekday(index: number, language: string): string {
  const day = new Date(MONDAY_MS + index * DAY_MS);
  return new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" }).format(day);
}

/** From and to: all day is until 24:00, and none at all, as Google reads it, closed. */
function span(opens: string, closes: string, language: string): string {
  const [from, to] = [opens, closes].map((time) => time.trim().replace(/^(\d{1,2}:\d{2}).*$/, "$1"));
  if (from === to && /^0?0:00$/.test(from)) return wordsOf(language).closed;
  if (/^0?0:00$/.test(from) && (to === "23:59" || to === "24:00")) return "00:00–24:00";
  return `${from}–${to}`;
}
