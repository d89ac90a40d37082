import { LEAST } from "./business_files.ts";

/** A folder of business files on disk, removed when disposed of. */
export class BusinessFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create(): Promise<BusinessFolder> {
    return new BusinessFolder(await Deno.makeTempDir({ prefix: "businesses-" }));
  }

  /** Writes a file of {@link LEAST} and `content`; a text is written as it is. */
  async write(name: string, content: Record<string, unknown> | string): Promise<void> {
    const text = typeof content === "string" ? content : JSON.stringify({ ...LEAST, ...content });
    await Deno.writeTextFile(`${this.path}/${name}`, text);
  }

  async remove(name: string): Promise<void> {
    await Deno.remove(`${this.path}/${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true }).catch(() => {});
  }
}
