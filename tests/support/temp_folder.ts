/** A folder for one test, gone with it. */
export class TempFolder implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ dir: "/tmp", prefix: "slimline-test-" });

  /** Writes a file and returns its path. */
  write(name: string, content: string | Uint8Array): string {
    const path = `${this.path}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return path;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
