/** Characters with a meaning of their own to a shell. */
const SPECIAL = /[\s"'`$\\{}()[\]<>|&;*?#!~]/;

/** `text` as one word of a POSIX shell's command line: in single quotes where it needs them. */
export function shellWord(text: string): string {
  return SPECIAL.test(text) || text === "" ? `'${text.replaceAll("'", `'\\''`)}'` : text;
}
