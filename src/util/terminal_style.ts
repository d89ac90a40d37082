/** How text is shown: on a terminal in colours, and broken between words at its width. */
export interface TextStyle {
  readonly hasColours: boolean;
  /** Characters of a line; undefined where nothing breaks lines. */
  readonly columns: number | undefined;
}

/** Narrower than this, a text is easier to read where the terminal itself breaks it. */
const LEAST_COLUMNS = 40;

/** The style of a stream: that of a terminal, in colours unless `NO_COLOR` is set (https://no-color.org), else plain. */
export function terminalStyle(stream: Pick<typeof Deno.stderr, "isTerminal">): TextStyle {
  if (!stream.isTerminal()) return { hasColours: false, columns: undefined };
  return { hasColours: !Deno.noColor, columns: terminalColumns() };
}

function terminalColumns(): number | undefined {
  try {
    const { columns } = Deno.consoleSize();
    return columns >= LEAST_COLUMNS ? columns : undefined;
  } catch {
    return undefined; // standard streams other than the one asked about may lead elsewhere
  }
}
