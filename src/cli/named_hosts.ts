import { type HostsOptions, networkHosts } from "../app/network_hosts.ts";
import type { Business } from "../businesses/business.ts";
import type { SecretLookup } from "../businesses/secrets.ts";
import { readSource } from "../businesses/settle.ts";
import { type LoadOptions, readFields } from "../config/config.ts";
import { readEnvironment, readVariable } from "../config/environment.ts";
import type { RawConfig } from "../config/fields.ts";
import { createLog } from "../observability/log.ts";
import { businessSource, sharedServices } from "../services/shared_services.ts";
import { messageOf } from "../util/errors.ts";
import { SystemClock } from "../util/system_clock.ts";
import { EXIT, parseCommand } from "./arguments.ts";

const HELP = `Usage: slimline network [--worker]

Prints the hosts that serve would listen on and connect to, as --allow-net= of Deno takes them: those that the
environment and the businesses name. deno task serve and the workers of --workers run with no others.

  --worker    for one of several workers, who talk to each other on this machine`;

/**
 * `slimline network`: the hosts of this configuration, in one line. What is wrong with it names none, and is
 * for `serve` to say.
 *
 * @param env values by variable name; default the process's
 */
export async function network(argv: string[], env: LoadOptions["env"] = readEnvironment()): Promise<number> {
  const options = { worker: { type: "boolean", default: false } } as const;
  const parsed = parseCommand({ command: "network", args: argv, options }, HELP);
  if (typeof parsed === "number") return parsed;
  console.log((await configuredHosts(env, { isWorker: parsed.values.worker })).join());
  return EXIT.good;
}

/** What {@link network} prints, one by one. */
export async function configuredHosts(
  env: LoadOptions["env"] = readEnvironment(),
  { secrets = readVariable, ...options }: Pick<HostsOptions, "isWorker"> & { secrets?: SecretLookup } = {},
): Promise<string[]> {
  const { raw } = readFields(env);
  const nameServers = raw.mongodbUri?.startsWith("mongodb+srv:") ? await systemNameServers() : [];
  return networkHosts(raw, await describedBusinesses(raw, secrets), { ...options, nameServers });
}

async function describedBusinesses(
  { businesses, mongodbUri }: Partial<RawConfig>,
  secrets: SecretLookup,
): Promise<readonly Business[]> {
  if (businesses === undefined || (businesses.in === "collection" && mongodbUri === undefined)) return [];
  const [clock, log] = [new SystemClock(), createLog()];
  await using services = sharedServices({ mongodbUri }, clock, log);
  const source = await businessSource({ config: { businesses }, services, secrets, clock, log });
  return (await readSource(source)).businesses;
}

async function systemNameServers(): Promise<string[]> {
  try {
    const { getServers } = await import("node:dns");
    return getServers();
  } catch (error) {
    console.error(`The name servers are not known, and mongodb+srv:// asks them: ${messageOf(error)}`);
    return [];
  }
}
