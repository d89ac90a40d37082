import project from "../deno.json" with { type: "json" };

const { env, net, read, write, sys } = project.permissions.server;

/**
 * Flags for the permissions of an executable: those of the server, and files below the directory that it is started in, for
 * the commands that read documents and write what they made. `serve` gives those up where it does not need them.
 *
 * It may run nothing but itself, for `--workers` and `capacity`. Its path is not known here, so the permission is for
 * `/proc/self/exe`, which in the new process is the executable too (Linux; seen to work in Deno 2.4.2).
 *
 * @param hosts that it may reach beside this machine, as `slimline network` prints them. Default: any
 */
export function executablePermissions(hosts?: string): readonly string[] {
  return [
    hosts === undefined ? "--allow-net" : `--allow-net=${hosts},127.0.0.1`,
    `--deny-net=${net.deny}`,
    `--allow-env=${env}`,
    `--allow-read=${[".", ...read]}`,
    `--allow-write=${[".", ...write]}`,
    `--allow-sys=${sys}`,
    "--allow-run=/proc/self/exe",
  ];
}
