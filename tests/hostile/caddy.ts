import { freePort } from "../support/free_port.ts";
import { isInstalled, ProxyProcess } from "./proxy_process.ts";

/** It has nothing to finish, and would wait for connections if it were asked to end. */
const CADDY = { program: "caddy", version: "version", signal: "SIGKILL" } as const;

/** `deploy/Caddyfile` as a test can run it: on loopback, without TLS and for any name, its files in a folder of the test. */
export class Caddy extends ProxyProcess {
  static isInstalled(): boolean {
    return isInstalled(CADDY);
  }

  /** Resolves when it listens, in front of a server on `upstreamPort`. */
  static async start(folder: string, upstreamPort: number): Promise<Caddy> {
    const port = freePort();
    const configuration = await Deno.readTextFile(new URL("../../deploy/Caddyfile", import.meta.url));
    await Deno.writeTextFile(`${folder}/Caddyfile`, configuration.replace("{\n", "{\n\tadmin off\n"));
    const env = {
      PUBLIC_URL: `http://:${port}`,
      UPSTREAM: `127.0.0.1:${upstreamPort}`,
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
    };
    const args = ["run", "--adapter", "caddyfile", "--config", `${folder}/Caddyfile`];
    return await new Caddy(port, { ...CADDY, args, env }).listening();
  }
}
