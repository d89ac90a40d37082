import type { Section } from "../chunker.ts";

/** What is known of a document beside its bytes. */
export interface ReadOptions {
  /** Opens a protected PDF. */
  readonly password?: string;
  /** Encoding of a text, as a web server says it. */
  readonly charset?: string;
  /** The ending of documents of its kind, such as `html`. Default: that of its name. */
  readonly kind?: string;
}

/** A document's text. */
export interface ReadDocument {
  readonly sections: readonly Section[];
  /** How many pages, or sheets, it has; undefined where it is divided by headings alone. */
  readonly parts?: { readonly count: number; readonly what: "page" | "sheet" };
  /** What was not taken and why, such as `no text on page 3`. */
  readonly notes?: readonly string[];
  /** A page of a site, which repeats what stands on the others. */
  readonly isPage?: boolean;
}

/** Sections of a document without headings, which says in its title alone what it is about. */
export function titled(sections: readonly Section[], title: string): readonly Section[] {
  if (title === "" || sections.some(({ heading }) => heading !== "")) return sections;
  return sections.map((section) => ({ ...section, heading: title }));
}

/** Most names in a note. */
const MAX_LISTED = 10;

/** Names in a note. */
export function listed(names: readonly string[]): string {
  if (names.length <= MAX_LISTED) return names.join(", ");
  return `${names.slice(0, MAX_LISTED).join(", ")} and ${names.length - MAX_LISTED} more`;
}
