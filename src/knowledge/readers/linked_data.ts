import type { Section } from "../chunker.ts";
import { daysAndTimes, hoursTitle } from "./schema_hours.ts";

/** Objects deeper than this within one another tell nothing that callers ask for. */
const MAX_DEPTH = 12;
/** Most objects of a page that are looked at. */
const MAX_OBJECTS = 10_000;

type Thing = Readonly<Record<string, unknown>>;

/** What is there for search engines alone, with all that is in it. */
const SKIPPED_KINDS =
  /^(?:BreadcrumbList|SearchAction|ReadAction|ImageObject|VideoObject|AggregateRating|Rating|Review|SiteNavigationElement|SpeakableSpecification|GeoCoordinates|Brand|Person)$/;
/** Of these, what is in them counts, and they say nothing themselves. */
const FRAMES =
  /^(?:WebSite|WebPage|AboutPage|ContactPage|CollectionPage|FAQPage|QAPage|ItemPage|\w*Article|BlogPosting|ListItem|ItemList)$/;
/** Fields that point elsewhere: to who made the page, or to what is beside it. */
const SKIPPED_FIELDS = new Set(
  ("review reviews aggregateRating author publisher creator image logo photo potentialAction isPartOf breadcrumb " +
    "geo brand sameAs subjectOf video itemReviewed isRelatedTo isSimilarTo founder employee priceSpecification address")
    .split(" "),
);

/** Fields that are read as they stand, by what they are called. */
const PLAIN: Readonly<Record<string, string>> = {
  telephone: "Telephone",
  faxNumber: "Fax",
  email: "E-mail",
  contactType: "For",
  availableLanguage: "Languages",
  knowsLanguage: "Languages",
  priceRange: "Price range",
  paymentAccepted: "Payment",
  servesCuisine: "Cuisine",
  acceptsReservations: "Reservations",
  areaServed: "Area served",
  checkinTime: "Check-in",
  checkoutTime: "Check-out",
  petsAllowed: "Pets allowed",
  medicalSpecialty: "Specialty",
  amenityFeature: "Amenities",
  startDate: "Begins",
  doorTime: "Doors open",
  endDate: "Ends",
  duration: "Duration",
  suitableForDiet: "Diet",
};
const HOURS = [
  "openingHoursSpecification",
  "openingHours",
  "hoursAvailable",
  "specialOpeningHoursSpecification",
];

/**
 * What the data for search engines (schema.org as JSON-LD) in a page says that callers ask for: opening
 * hours, prices, how to reach somebody, answers to questions.
 *
 * @param texts of the page's `<script type="application/ld+json">`
 * @param language of the page, such as `de-AT`; of another than a known one: English
 * @param shown the text of the page: an answer that it has is not repeated
 * @returns the facts, and how many of the texts cannot be read
 */
export function readLinkedData(
  texts: readonly string[],
  language: string,
  shown: string,
): { readonly sections: Section[]; readonly unreadable: number } {
  const facts = new PageFacts(language, shown);
  let unreadable = 0;
  for (const text of texts) {
    const data = parsed(text);
    if (data === undefined) unreadable++;
    else facts.add(data, [], 0);
  }
  return { sections: facts.sections(), unreadable };
}

class PageFacts {
  readonly #language: string;
  readonly #shown: string;
  /** Lines by their headings. */
  readonly #facts = new Map<string, Set<string>>();
  #objects = 0;

  constructor(language: string, shown: string) {
    this.#language = isLanguage(language) ? language : "en";
    this.#shown = lettersOf(shown);
  }

  sections(): Section[] {
    return Array.from(this.#facts, ([heading, lines]) => ({ heading, text: [...lines].join("\n") }));
  }

  /** @param path names of what it is in */
  add(value: unknown, path: readonly string[], depth: number): void {
    if (typeof value !== "object" || value === null || depth > MAX_DEPTH || this.#objects >= MAX_OBJECTS) {
      return;
    }
    this.#objects++;
    if (Array.isArray(value)) {
      for (const entry of value) this.add(entry, path, depth + 1);
      return;
    }
    const thing = value as Thing;
    const kind = kindOf(thing);
    if (SKIPPED_KINDS.test(kind)) return;
    if (kind === "Question") return this.#addAnswer(thing);
    const name = textOf(thing.name) || namedText(thing.itemOffered);
    const inner = name === "" || FRAMES.test(kind) || path.at(-1) === name ? path : [...path, name];
    if (!FRAMES.test(kind)) this.#addFacts(thing, inner);
    for (const [field, entry] of Object.entries(thing)) {
      if (!SKIPPED_FIELDS.has(field) && !HOURS.includes(field)) this.add(entry, inner, depth + 1);
    }
  }

  #addAnswer(question: Thing): void {
    const answers = [question.acceptedAnswer, question.suggestedAnswer].flat();
    const text = answers.map((answer) => textOf((answer as Thing | undefined)?.text)).filter(Boolean).join(
      "\n",
    );
    if (text !== "" && !this.#shown.includes(lettersOf(text))) this.#note(textOf(question.name), text);
  }

  #addFacts(thing: Thing, path: readonly string[]): void {
    const times = HOURS.flatMap((field) => daysAndTimes(thing[field], this.#language));
    const heading = path.join(" > ");
    if (times.length > 0) {
      this.#note(heading, `${hoursTitle(this.#language)}:\n${[...new Set(times)].join("\n")}`);
    }
    const address = addressOf(thing.address);
    if (address !== "") this.#note(heading, address);
    for (const [field, label] of Object.entries(PLAIN)) {
      const text = [thing[field]].flat().map(namedText).filter(Boolean).join(", ");
      if (text !== "") this.#note(heading, `${label}: ${text}`);
    }
    const prices = [thing, ...[thing.priceSpecification].flat()].map((part) => this.#priceOf(part as Thing));
    const price = prices.filter(Boolean).join(", ");
    const above = path.slice(0, -1).join(" > ");
    if (price !== "" && path.length > 0) this.#note(above || heading, `${path.at(-1)}: ${price}`);
  }

  #priceOf(offer: Thing | undefined): string {
    if (typeof offer !== "object" || offer === null) return "";
    const { price, lowPrice, highPrice } = offer;
    const currency = textOf(offer.priceCurrency);
    const amounts = [price, lowPrice, highPrice].map(textOf).filter((amount) => /\d/.test(amount));
    const shown = [...new Set(amounts)].map((amount) => this.#amount(amount, currency)).join(" – ");
    const unit = textOf(offer.unitText);
    return shown !== "" && unit !== "" ? `${shown} / ${unit}` : shown;
  }

  #amount(amount: string, currency: string): string {
    if (!/^\d+(?:\.\d+)?$/.test(amount) || !/^[A-Z]{3}$/.test(currency)) {
      return `${amount} ${currency}`.trim();
    }
    return new Intl.NumberFormat(this.#language, { style: "currency", currency }).format(Number(amount));
  }

  #note(heading: string, text: string): void {
    const lines = this.#facts.get(heading) ?? new Set();
    this.#facts.set(heading, lines.add(text));
  }
}

/** Whether this is the tag of a language: the runtime throws at what is none. */
function isLanguage(language: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf([language]).length > 0;
  } catch {
    return false;
  }
}

function kindOf(thing: Thing): string {
  return String([thing["@type"]].flat()[0] ?? "").replace(/^.*[/:#]/, "");
}

/** JSON as pages have it: in comments or CDATA, with line ends within texts. Undefined: it is none. */
function parsed(text: string): unknown {
  const bare = text.replace(
    /^\s*(?:<!--|\/?\/?\*?\s*<!\[CDATA\[\*?\/?)|(?:-->|\/?\/?\*?\s*\]\]>\s*\*?\/?)\s*$/g,
    "",
  ).trim();
  for (
    const form of [bare, bare.replace(/[\r\n\t]+/g, " ").replace(/,\s*(?=[}\]])/g, "").replace(/;\s*$/, "")]
  ) {
    try {
      return JSON.parse(form);
    } catch {
      // not that one
    }
  }
  return undefined;
}

/** A plain value as text, without the markup that answers have. */
function textOf(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return "";
  const breaks = value.replace(/<(?:br|\/p|\/li|\/div|\/tr|\/h\d)\b[^>]*>/gi, "\n").replace(
    /<[^>]{0,2000}>/g,
    "",
  );
  return breaks.replace(/&(#?\w{2,8});/g, (whole, name) => ENTITIES.get(name) ?? whole)
    .replace(/[^\S\n]+/g, " ").replace(/ ?\n[ \n]*/g, "\n").trim();
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["#39", "'"],
  ["#039", "'"],
  ["nbsp", " "],
]);

/** A plain value, or the name of an object and what it is worth; of a term of schema.org its last word. */
function namedText(value: unknown): string {
  if (typeof value !== "object" || value === null) {
    return textOf(value).replace(/^https?:\/\/schema\.org\//, "");
  }
  const { name, value: worth } = value as Thing;
  if (worth === false) return "";
  const detail = worth === true ? "" : textOf(worth);
  return [textOf(name), detail].filter(Boolean).join(": ");
}

function addressOf(value: unknown): string {
  const lines = [value].flat().map((address) => {
    if (typeof address !== "object" || address === null) return textOf(address);
    const { streetAddress, postalCode, addressLocality, addressRegion } = address as Thing;
    const town = [postalCode, addressLocality].map(textOf).filter(Boolean).join(" ");
    return [textOf(streetAddress), town, textOf(addressRegion)].filter(Boolean).join(", ");
  });
  return lines.filter(Boolean).join("\n");
}

/** To find a text whatever its spaces and marks. */
function lettersOf(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
