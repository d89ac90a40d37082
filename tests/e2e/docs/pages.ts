/** A block of commands of a page, as a reader copies it. */
export interface CommandBlock {
  /** From the root of the repository, such as `docs/operations.md`. */
  readonly page: string;
  /** Line of its first command, from 1. */
  readonly line: number;
  /** Its first line that is a command, without a comment behind it: the name of its entry. */
  readonly first: string;
  /** Without the indentation that it has within a list. */
  readonly text: string;
}

const ROOT = new URL("../../../", import.meta.url);
/** Folders of the root that hold no page of ours; those that begin with a dot do not, either. */
const NOT_OURS = ["data", "dist", "node_modules"];
/** Languages of blocks that a reader types into a shell. */
const SHELLS = new Set(["sh", "bash", "shell", "console", "zsh"]);

/** Every Markdown page of the repository, in order. */
export function pages(folder = ""): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder || ".", ROOT))) {
    if (name.startsWith(".") || (folder === "" && NOT_OURS.includes(name))) continue;
    if (isDirectory) found.push(...pages(`${folder}${name}/`));
    else if (name.endsWith(".md")) found.push(folder + name);
  }
  return found.sort();
}

/** The blocks of a page that a reader types into a shell, from top to bottom. */
export function blocksOf(page: string): CommandBlock[] {
  return readBlocks(page, Deno.readTextFileSync(new URL(page, ROOT)));
}

/** The same of a page's text. */
export function readBlocks(page: string, markdown: string): CommandBlock[] {
  const blocks: CommandBlock[] = [];
  const lines = markdown.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, indent, fence, language] = /^( *)(`{3,}|~{3,})(\w*)/.exec(lines[at]) ?? [];
    if (fence === undefined) continue;
    const start = at + 1;
    do at++; while (at < lines.length && lines[at].trim() !== fence);
    if (!SHELLS.has(language)) continue;
    const inside = lines.slice(start, at).map((line) =>
      line.startsWith(indent) ? line.slice(indent.length) : line
    );
    const first = inside.findIndex((line) => bare(line) !== "");
    const name = bare(inside[first] ?? "").replace(/ *\\$/, "");
    blocks.push({
      page,
      line: start + 1 + first,
      first: name,
      text: `${inside.join("\n")}\n`,
    });
  }
  return blocks;
}

/** The text of the first block of a page in another language, such as `ts`. */
export function firstBlock(page: string, language: string): string {
  const text = Deno.readTextFileSync(new URL(page, ROOT));
  const [, block] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(text) ?? [];
  if (block === undefined) throw new Error(`${page} has no block in ${language}.`);
  return block;
}

/** Commands that are typed one after the other; a line that ends in a backslash goes on, and comments are none. */
export function commandsOf({ text }: CommandBlock): string[] {
  return text.replaceAll(/\\\n\s*/g, "").split("\n").map(bare).filter((line) => line !== "");
}

/** A line without the comment behind it. */
function bare(line: string): string {
  return line.replace(/(?:^|\s+)#\s.*$/, "").trim();
}
