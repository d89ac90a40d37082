/** What one look at the installation has found. */
export interface Finding {
  /** What was looked at, such as `OpenAI`. */
  readonly subject: string;
  /** `bad`: calls will fail. `doubtful`: they may, or it could not be found out from here. */
  readonly state: "good" | "doubtful" | "bad";
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}
