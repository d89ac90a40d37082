import { readSource } from "../../businesses/settle.ts";
import { type ConfigError, type LoadOptions, readFields } from "../../config/config.ts";
import type { RawConfig } from "../../config/fields.ts";
import { readVariable } from "../../config/environment.ts";
import { businessSource, sharedServices } from "../../services/shared_services.ts";
import { createLog } from "../../observability/log.ts";
import { SystemClock } from "../../util/system_clock.ts";

/** Everything that keeps a server from starting, so that one correction round is enough: of the businesses too. */
export async function allProblems(error: ConfigError, env: LoadOptions["env"]): Promise<string> {
  const { businesses, mongodbUri } = readFields(env).raw;
  if (businesses === undefined || (businesses.in === "collection" && mongodbUri === undefined)) {
    return error.message; // which says so
  }
  const { name, problems } = await businessProblems({ businesses, mongodbUri });
  if (problems.length === 0) return error.message;
  return [error.message, `The businesses in ${name} have problems:`, ...problems.map(indented)].join("\n");
}

/** What is wrong with the businesses, one a line: for a server that does not get so far as to open them. */
async function businessProblems(
  config: Pick<RawConfig, "businesses" | "mongodbUri">,
): Promise<{ name: string; problems: readonly string[] }> {
  const [clock, log] = [new SystemClock(), createLog()];
  await using services = sharedServices(config, clock, log);
  const source = await businessSource({ config, services, secrets: readVariable, clock, log });
  return { name: source.name, problems: (await readSource(source)).problems };
}

function indented(line: string): string {
  return `  ${line}`;
}
