/** `deploy/nginx.conf` as a test can run it: on loopback, without TLS, its files in a folder of the test. */
export class Nginx implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #said: Promise<string>;

  private constructor(port: number, configuration: string) {
    this.port = port;
    this.#child = new Deno.Command("nginx", {
      args: ["-c", configuration, "-g", "daemon off;"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#said = new Response(this.#child.stderr).text();
  }

  /** Of its master process, whose child does the work. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Whether this machine has nginx. */
  static isInstalled(): boolean {
    try {
      return new Deno.Command("nginx", { args: ["-v"], stderr: "null" }).outputSync().success;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /**
   * Resolves when it listens, in front of a server on `upstreamPort`, or of one on each.
   *
   * @param keepaliveSeconds how long it keeps a connection between two requests. Default: as configured
   * @param change what else differs from the configuration. Default: nothing
   */
  static async start(
    folder: string,
    upstreamPort: number | readonly number[],
    { keepaliveSeconds, change = (text) => text }: {
      keepaliveSeconds?: number;
      change?: (configuration: string) => string;
    } = {},
  ): Promise<Nginx> {
    const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr;
    free.close();
    const path = `${folder}/nginx.conf`;
    const configuration = forTest(change(await ownConfiguration()), { folder, port, upstreamPort });
    await Deno.writeTextFile(
      path,
      keepaliveSeconds === undefined
        ? configuration
        : configuration.replace(/keepalive_timeout \w+;/, `keepalive_timeout ${keepaliveSeconds}s;`),
    );
    const nginx = new Nginx(port, path);
    for (let tries = 0;; tries++) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port })).close();
        return nginx;
      } catch (error) {
        if (tries === 100) {
          await nginx[Symbol.asyncDispose]();
          throw new Error(`nginx does not listen: ${await nginx.#said}`, { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // it has ended
    }
    await this.#child.status;
    await this.#said;
  }
}

function ownConfiguration(): Promise<string> {
  return Deno.readTextFile(new URL("../../deploy/nginx.conf", import.meta.url));
}

/** The configuration with other places, and without TLS and the servers that only send to it. */
function forTest(
  configuration: string,
  { folder, port, upstreamPort }: {
    folder: string;
    port: number;
    upstreamPort: number | readonly number[];
  },
): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((what) => `  ${what}_temp_path ${folder}/${what};\n`).join("");
  return configuration
    .replace(/^user .*\n/m, "user root;\n") // of no effect but where the tests run as root: so it may use the folder
    .replace(/^worker_processes .*$/m, "worker_processes 1;")
    .replace("/run/nginx.pid", `${folder}/nginx.pid`)
    .replace("/var/log/nginx/error.log", `${folder}/error.log`)
    .replace(
      "server 127.0.0.1:8080 max_fails=0;",
      [upstreamPort].flat().map((one) => `server 127.0.0.1:${one} max_fails=0;`).join("\n    "),
    )
    .replace("http {\n", `http {\n${temporary}`)
    .replace(/^ {2}server \{\n(?: {4}.*\n)*? {4}ssl_reject_handshake on;\n {2}\}\n/m, "")
    .replace(/^ {2}server \{\n {4}listen 80;\n(?: {4}.*\n)* {2}\}\n/m, "")
    .replace(/^ *(listen \[::\]:443|ssl_).*\n/gm, "")
    .replace(/listen 443 ssl;/, `listen 127.0.0.1:${port};`);
}
