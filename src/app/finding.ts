/** One thing that was looked at, and what was found. */
export interface Finding {
  /** What was looked at, such as `OpenAI`. */
  readonly subject: string;
  /** `bad`: calls will fail. `doubtful`: they may, or it could not be found out from here. */
  readonly state: "good" | "doubtful" | "bad";
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export function good(subject: string, detail: string): Finding {
  return { subject, state: "good", detail };
}

export function doubtful(subject: string, detail: string, remedy?: string): Finding {
  return { subject, state: "doubtful", detail, remedy };
}

export function bad(subject: string, detail: string, remedy?: string): Finding {
  return { subject, state: "bad", detail, remedy };
}

/** Names listed; the rest are counted. */
const MAX_NAMES = 5;

/** Some names in a sentence, such as `acme, dentist and 7 more`. */
export function someOf(names: readonly string[]): string {
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  return names.slice(0, MAX_NAMES).join(", ") + more;
}
