/** Where the text beside an option's name begins; a line that stands in as far goes on with it. */
const BESIDE = /^(\s*\S+(?: \S+)*\s{2,})\S/;

/**
 * A help text at a terminal's width: what is said of an option stays beside it, paragraphs are filled anew,
 * and blank lines stay. Texts are written up to 130 characters wide.
 */
export function wrapHelp(text: string, columns: number | undefined): string {
  const lines = text.split("\n");
  if (columns === undefined || lines.every((line) => line.length <= columns)) return text;
  const wrapped: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    const indent = BESIDE.exec(line)?.[1].length ?? line.search(/\S/);
    let whole = line;
    while (line.trim() !== "" && goesOn(lines[index + 1], line, indent)) whole += ` ${lines[++index].trim()}`;
    wrapped.push(...fill(whole, Math.min(indent, columns / 2), columns));
  }
  return wrapped.join("\n");
}

/** Whether a line continues what stands above it, which was too long for its line. */
function goesOn(next: string | undefined, line: string, indent: number): boolean {
  if (next === undefined || next.trim() === "" || BESIDE.test(next)) return false;
  const isBroken = line.length > NEARLY_FULL || indent > line.search(/\S/);
  return isBroken && next.search(/\S/) === indent;
}

/** A shorter line of a paragraph was ended on purpose. */
const NEARLY_FULL = 90;

function fill(line: string, indent: number, columns: number): string[] {
  const head = line.slice(0, line.search(/\S|$/));
  const filled: string[] = [];
  let current = head;
  for (const word of line.trim().split(/(?<=\S) (?=\S)/)) {
    const isFirst = current.trim() === "";
    if (!isFirst && current.length + 1 + word.length > columns) {
      filled.push(current);
      current = " ".repeat(indent) + word;
    } else current += isFirst ? word : ` ${word}`;
  }
  return [...filled, current];
}
