/** A block of commands of a page, as a reader copies it. */
export interface CommandBlock {
  /** From the root of the repository, such as `docs/operations.md`. */
  readonly page: string;
  /** Line of its first command, from 1. */
  readonly line: number;
  /** Its first command, without a comment behind it: the name of its entry. */
  readonly first: string;
  /** Without the indentation that it has within a list. */
  readonly text: string;
}

const ROOT = new URL("../../../", import.meta.url);
/** Folders of the root that hold no page of ours; those that begin with a dot do not, either. */
const NOT_OURS = ["data", "dist", "node_modules"];
/** Languages of blocks that a reader types into a shell. */
const SHELLS = new Set(["sh", "bash", "shell", "console", "zsh"]);

/** Folders whose files say in their first comment how they are started. */
const STARTED = ["deploy/", "examples/"];

/** Every file of the repository that tells a reader what to type, in order. */
export function pages(folder = ""): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder || ".", ROOT))) {
    if (name.startsWith(".") || (folder === "" && NOT_OURS.includes(name))) continue;
    if (isDirectory) found.push(...pages(`${folder}${name}/`));
    else if (name.endsWith(".md") || STARTED.some((started) => folder.startsWith(started))) {
      found.push(folder + name);
    }
  }
  return found.sort();
}

/**
 * The test that runs what a page says, by its name in this folder: `docs/operations.md` in `operations_test.ts`,
 * a file of `examples/` in `examples_test.ts`.
 */
export function testOf(page: string): string {
  const name = page.endsWith(".md")
    ? page.replace(/^docs\//, "").replace(/\.md$/, "").toLowerCase().replaceAll("/", "_")
    : page.split("/")[0];
  return `${name}_test.ts`;
}

/** What a reader of a page types, from top to bottom; of all its files where the page is a folder such as `deploy/`. */
export function blocksOf(page: string): CommandBlock[] {
  if (page.endsWith("/")) return pages(page).flatMap(blocksOf);
  const text = Deno.readTextFileSync(new URL(page, ROOT));
  return page.endsWith(".md") ? readBlocks(page, text) : readHead(page, text);
}

/** The blocks of a page of Markdown that are typed into a shell. */
export function readBlocks(page: string, markdown: string): CommandBlock[] {
  const blocks: CommandBlock[] = [];
  const lines = markdown.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, indent, fence, language] = /^( *)(`{3,}|~{3,})(\w*)/.exec(lines[at]) ?? [];
    if (fence === undefined) continue;
    const start = at + 1;
    do at++; while (at < lines.length && lines[at].trim() !== fence);
    if (!SHELLS.has(language)) continue;
    const inside = lines.slice(start, at);
    blocks.push(
      block(page, start, inside.map((line) => line.startsWith(indent) ? line.slice(indent.length) : line)),
    );
  }
  return blocks;
}

/** The blocks in the first comment of a file: what is indented there by three spaces, and is no YAML. */
export function readHead(page: string, text: string): CommandBlock[] {
  const blocks: CommandBlock[] = [];
  const [head] = /^(?:(?:#|\/\/).*\n)*/.exec(text)!;
  const lines = head.split("\n").map((line) => line.replace(/^(?:#|\/\/)/, ""));
  for (let at = 0; at < lines.length; at++) {
    const start = at;
    while (lines[at]?.startsWith("   ")) at++;
    if (at === start || /^\s*\w+:$/.test(lines[start])) continue;
    blocks.push(block(page, start, lines.slice(start, at).map((line) => line.slice(3))));
  }
  return blocks;
}

/** @param start index of the line on which it begins */
function block(page: string, start: number, lines: readonly string[]): CommandBlock {
  const text = `${lines.join("\n")}\n`;
  const isCommand = (line: string) => bare(line) !== "";
  return { page, line: start + 1 + lines.findIndex(isCommand), first: commandsOf({ text })[0] ?? "", text };
}

/** The text of the first block of a page in another language, such as `ts`. */
export function firstBlock(page: string, language: string): string {
  const text = Deno.readTextFileSync(new URL(page, ROOT));
  const [, block] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(text) ?? [];
  if (block === undefined) throw new Error(`${page} has no block in ${language}.`);
  return block;
}

/** Commands that are typed one after the other; a line that ends in a backslash goes on, and comments are none. */
export function commandsOf({ text }: Pick<CommandBlock, "text">): string[] {
  return text.replaceAll(/ *\\\n\s*/g, " ").split("\n").map(bare).filter((line) => line !== "");
}

/** A line without the comment behind it. */
function bare(line: string): string {
  return line.replace(/(?:^|\s+)#\s.*$/, "").trim();
}
