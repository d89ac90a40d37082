import { reasonOf } from "../util/errors.ts";

/** One thing that was looked at, and what was found. */
export interface Finding {
  /** What was looked at, such as `OpenAI`. */
  readonly subject: string;
  /**
   * `bad`: calls will fail. `unknown`: they may, since it could not be found out from here. `doubtful`: calls
   * can be taken, and something about them is not as it should be.
   */
  readonly state: "good" | "doubtful" | "unknown" | "bad";
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

export function unknown(subject: string, detail: string, remedy?: string): Finding {
  return { subject, state: "unknown", detail, remedy };
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

/** What an examination finds; what it throws is a finding, too: that it could not find out. Never throws. */
export async function* safely(
  subject: string,
  findings: () => AsyncIterable<Finding> | Iterable<Finding>,
): AsyncGenerator<Finding> {
  try {
    yield* findings();
  } catch (error) {
    yield unknown(subject, `could not be looked at: ${reasonOf(error)}`);
  }
}
