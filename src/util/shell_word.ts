/** What a shell would take for something else than part of a word. */
const SPECIAL = /[\s"'`$\\{}()[\]<>|&;*?#!~]/;

/** `text` as one word of a POSIX shell's command line: in single quotes where it needs them. */
export function shellWord(text: string): string {
  return SPECIAL.test(text) || text === "" ? `'${text.replaceAll("'", `'\\''`)}'` : text;
}
