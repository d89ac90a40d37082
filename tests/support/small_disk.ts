import { TempFolder } from "./temp_folder.ts";

/** `mount` and `umount` are run by a Deno of their own: the tests themselves may not run them. */
const RUN = `
  const { code } = await new Deno.Command(Deno.args[0], { args: Deno.args.slice(1), stderr: "null" }).output();
  Deno.exit(code);
`;

async function run(...command: string[]): Promise<boolean> {
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    `--allow-run=${command[0]}`,
    "data:text/javascript," + encodeURIComponent(RUN),
  ];
  const { success } = await new Deno.Command("deno", { args: [...args, ...command] }).output();
  return success;
}

/** A real file system in memory of a few megabytes, which can be filled to its last byte. Only root may mount one. */
export class SmallDisk implements AsyncDisposable {
  readonly #temp = new TempFolder();

  /** Where it is mounted. */
  get path(): string {
    return this.#temp.path;
  }

  /** Undefined where this user may not mount anything. */
  static async mount(bytes: number): Promise<SmallDisk | undefined> {
    const disk = new SmallDisk();
    if (await run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", disk.path)) return disk;
    disk.#temp[Symbol.dispose]();
    return undefined;
  }

  /** Names below a path of the disk, in order; none where there is nothing. */
  names(path = ""): string[] {
    return this.#temp.names(path);
  }

  /** Takes all room that is left. */
  fill(): void {
    using ballast = Deno.openSync(`${this.path}/ballast`, { write: true, create: true, append: true });
    for (const bytes of [1 << 16, 1 << 12]) {
      try {
        for (;;) ballast.writeSync(new Uint8Array(bytes));
      } catch {
        // no room for so much
      }
    }
  }

  /** Gives the room back. */
  empty(): void {
    Deno.removeSync(`${this.path}/ballast`);
  }

  /** Refuses every change below a folder from now on, even to root, or takes them again. */
  async setImmutable(folder: string, isImmutable: boolean): Promise<void> {
    if (await run("chattr", "-R", isImmutable ? "+i" : "-i", `${this.path}/${folder}`)) return;
    throw new Error(`${folder} cannot be changed.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", "-l", this.path);
    this.#temp[Symbol.dispose]();
  }
}

/** Whether this user may mount a {@link SmallDisk}. */
export const CAN_MOUNT: boolean = await canMount();

async function canMount(): Promise<boolean> {
  await using disk = await SmallDisk.mount(65_536);
  return disk !== undefined;
}
