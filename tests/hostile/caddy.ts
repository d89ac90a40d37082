/** `deploy/Caddyfile` as a test can run it: on loopback, without TLS and for any name, its files in a folder of the test. */
export class Caddy implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #said: Promise<string>;

  private constructor(port: number, upstreamPort: number, folder: string) {
    this.port = port;
    this.#child = new Deno.Command("caddy", {
      args: ["run", "--adapter", "caddyfile", "--config", `${folder}/Caddyfile`],
      env: {
        PUBLIC_URL: `http://:${port}`,
        UPSTREAM: `127.0.0.1:${upstreamPort}`,
        HOME: folder,
        XDG_DATA_HOME: folder,
        XDG_CONFIG_HOME: folder,
      },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#said = new Response(this.#child.stderr).text();
  }

  /** Whether this machine has Caddy. */
  static isInstalled(): boolean {
    try {
      return new Deno.Command("caddy", { args: ["version"], stdout: "null", stderr: "null" }).outputSync()
        .success;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Resolves when it listens, in front of a server on `upstreamPort`. */
  static async start(folder: string, upstreamPort: number): Promise<Caddy> {
    const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr;
    free.close();
    const configuration = await Deno.readTextFile(new URL("../../deploy/Caddyfile", import.meta.url));
    await Deno.writeTextFile(`${folder}/Caddyfile`, configuration.replace("{\n", "{\n\tadmin off\n"));
    const caddy = new Caddy(port, upstreamPort, folder);
    for (let tries = 0;; tries++) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port })).close();
        return caddy;
      } catch (error) {
        if (tries === 200) {
          await caddy[Symbol.asyncDispose]();
          throw new Error(`Caddy does not listen: ${await caddy.#said}`, { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL"); // it has nothing to finish, and would wait for connections
    } catch {
      // it has ended
    }
    await this.#child.status;
    await this.#said;
  }
}
