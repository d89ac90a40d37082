import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import { BlockShell, type ShellOptions } from "./block_shell.ts";
import { blocksOf, type CommandBlock, commandsOf } from "./pages.ts";
import { hasProgram, Workshop } from "./workshop.ts";
import { freePort } from "../../support/free_port.ts";

/*
 * Runs the commands of the pages as a reader would: each `sh` block in a test of its own, as it is written. Whoever adds a
 * block to a page adds an entry to that page's test, under the block's first command.
 */

/** What stands for something of the reader's own, and what is put in its place is that of the test. Nothing else is. */
const PLACEHOLDERS = [
  "<this repository>",
  "<your fork>",
  "CALLSID",
  "https://dentist.example",
  "mongodb+srv://…",
  "sk-…",
  "…",
];

/** How one block is run, and what must come of it. */
export interface BlockEntry {
  /** Programs without which it is skipped, with the package of Debian that has each. */
  readonly needs?: Readonly<Record<string, string>>;
  /** Why else it cannot be run here. */
  readonly skip?: string;
  /** Whether the reader has cloned the repository before. Default true. */
  readonly hasClone?: boolean;
  /** Runs it, and asserts what the page promises. */
  run(place: BlockPlace): Promise<void>;
}

/** A block that no test can run. */
export interface NeverRun {
  /** Why. */
  readonly never: string;
}

/** How a whole block is started. */
export interface StartOptions extends ShellOptions {
  placeholders?: Readonly<Record<string, string>>;
  /** Typed before the block, into the same shell. */
  before?: string;
  /** Typed behind the block, into the same shell. */
  behind?: string;
}

/** The place in which a block is run. */
export class BlockPlace implements AsyncDisposable {
  /** A port that is free, for programs that take one from `PORT`. */
  readonly port = freePort();
  readonly #shells: BlockShell[] = [];

  constructor(readonly workshop: Workshop, readonly block: CommandBlock) {}

  /** The clone. */
  get checkout(): string {
    return this.workshop.checkout;
  }

  /** Starts the whole block in one shell. */
  start({ placeholders, before = "", behind = "", ...options }: StartOptions = {}): BlockShell {
    return this.type(before + filled(this.block.text, placeholders) + behind, options);
  }

  /** Its commands one by one, for a reader with several terminals. */
  get commands(): string[] {
    return commandsOf(this.block);
  }

  /** Starts other commands, such as what the words before or behind the block tell a reader to type. */
  type(commands: string, options: ShellOptions = {}): BlockShell {
    const shell = BlockShell.start(this.workshop, commands, {
      ...options,
      env: { PORT: `${this.port}`, ...options.env },
    });
    this.#shells.push(shell);
    return shell;
  }

  /** Writes a file on the desk, where the clone is `slimline`. */
  write(path: string, content: string | Uint8Array): void {
    const full = `${this.workshop.desk}/${path}`;
    Deno.mkdirSync(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(full, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }

  /** Text of a file on the desk. */
  read(path: string): string {
    return Deno.readTextFileSync(`${this.workshop.desk}/${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const shell of this.#shells) await shell[Symbol.asyncDispose]();
  }
}

/** A text with what stands for something of the reader's own replaced. */
export function filled(text: string, placeholders: Readonly<Record<string, string>> = {}): string {
  for (const [name, value] of Object.entries(placeholders)) {
    assert.ok(PLACEHOLDERS.includes(name), `"${name}" is none of the known placeholders.`);
    assert.ok(text.includes(name), `The block has no "${name}":\n${text}`);
    text = text.replaceAll(name, () => value);
  }
  const left = PLACEHOLDERS.filter((name) => text.includes(name));
  assert.deepEqual(left, [], `The test has to say what stands for ${left.join(" and ")}.`);
  return text;
}

/**
 * Tests that run every command block of a page.
 * @param entries by the first command of a block
 */
export function testBlocks(page: string, entries: Readonly<Record<string, BlockEntry | NeverRun>>): void {
  const blocks = blocksOf(page);
  Deno.test(`Every command block of ${page} has an entry, and every entry a block`, () => {
    const firsts = blocks.map(({ first }) => first);
    const twice = firsts.filter((first, index) => firsts.indexOf(first) !== index);
    assert.deepEqual(
      twice,
      [],
      "Entries go by the first command of a block: no two blocks may begin with the same.",
    );
    const without = blocks.filter(({ first }) => !Object.hasOwn(entries, first));
    assert.deepEqual(
      without.map(({ page, line, first }) => `${page}:${line}: ${first}`),
      [],
      `These blocks are run by nothing. Add an entry for each to testBlocks("${page}", …) that runs it and ` +
        "asserts what the page promises; tests/e2e/docs/command_blocks.ts says how.",
    );
    const stale = Object.keys(entries).filter((first) => !firsts.includes(first));
    assert.deepEqual(
      stale,
      [],
      `${page} has no block that begins so. Change the entry's name, or take it away.`,
    );
  });

  let workshop: Promise<Workshop> | undefined;
  for (const block of blocks) {
    const entry = entries[block.first];
    if (entry === undefined) continue;
    const reason = "never" in entry ? entry.never : whySkipped(entry);
    const name = `${page}, "${block.first}", runs as written`;
    Deno.test({
      name: reason === undefined ? name : `${name} (${reason})`,
      ignore: reason !== undefined,
      async fn() {
        const { hasClone = true, run } = entry as BlockEntry;
        workshop ??= Workshop.open();
        await (await workshop).clear({ clone: hasClone });
        await using place = new BlockPlace(await workshop, block);
        await run(place);
      },
    });
  }
  Deno.test.afterAll(async () => await (await workshop)?.[Symbol.asyncDispose]());
}

const HAS_GIT =
  new Deno.Command("bash", { args: ["-c", "git rev-parse --git-dir"], stdout: "null", stderr: "null" })
    .outputSync().success;

function whySkipped({ needs = {}, skip }: BlockEntry): string | undefined {
  if (!HAS_GIT) return "no git checkout, which could be cloned";
  const missing = Object.entries(needs).filter(([program]) => !hasProgram(program));
  if (missing.length === 0) return skip;
  return missing.map(([program, source]) => `no ${program}: ${source}`).join("; ");
}

/** How long a port may be taken by somebody else on this machine, such as another run of these tests. */
const PORT_FREE_MS = 120_000;

/** Waits for a port that a block names, and that the page's reader has free. */
export async function portFree(port: number): Promise<void> {
  await eventually(`port ${port} is free`, async () => {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return false;
    }
  }, PORT_FREE_MS);
}
