/** Why a stream begins other than as the first of a call that somebody just answered. */
const RESUMES = [
  /** Nobody answered where the call was transferred to. */
  "transfer_failed",
  /** The key tones have been played. */
  "digits_sent",
  /** We called, a machine answered, and its greeting is over: a message is to be left. */
  "answering_machine",
] as const;

/** One of those reasons. */
export type Resume = typeof RESUMES[number];

/** True for a call that was streamed before; a machine is spoken to in the first stream of its call. */
export function isReturn(resume: Resume | undefined): boolean {
  return resume !== undefined && resume !== "answering_machine";
}

/** Reads a name that travelled through a URL. */
export function resumeOf(text: string | null): Resume | undefined {
  return RESUMES.find((resume) => resume === text);
}
