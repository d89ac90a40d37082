import { freePort } from "../support/free_port.ts";
import { isInstalled, ProxyProcess } from "./proxy_process.ts";

const NGINX = { program: "nginx", version: "-v", signal: "SIGTERM" } as const;

/** `deploy/nginx.conf` as a test can run it: on loopback, without TLS, its files in a folder of the test. */
export class Nginx extends ProxyProcess {
  static isInstalled(): boolean {
    return isInstalled(NGINX);
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
    const port = freePort();
    const path = `${folder}/nginx.conf`;
    const configuration = forTest(change(await ownConfiguration()), { folder, port, upstreamPort });
    await Deno.writeTextFile(
      path,
      keepaliveSeconds === undefined
        ? configuration
        : configuration.replace(/keepalive_timeout \w+;/, `keepalive_timeout ${keepaliveSeconds}s;`),
    );
    return await new Nginx(port, { ...NGINX, args: ["-c", path, "-g", "daemon off;"] }).listening();
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
