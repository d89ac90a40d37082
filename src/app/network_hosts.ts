import type { Business } from "../businesses/business.ts";
import type { RawConfig } from "../config/fields.ts";
import { mayConnect } from "../egress/network_permission.ts";
import type { Log } from "../observability/log.ts";

/** What of the configuration names hosts; a variable that is wrong names none. */
type NamingConfig = Partial<
  Pick<
    RawConfig,
    | "host"
    | "port"
    | "realtimeUrl"
    | "openaiBaseUrl"
    | "embeddingBaseUrl"
    | "twilioApiUrl"
    | "mongodbUri"
    | "privateHosts"
  >
>;

/** Where a server runs, as far as it matters for the hosts. */
export interface HostsOptions {
  /** It is one of several, who answer each other on ports of this machine. Default false. */
  readonly isWorker?: boolean;
  /** Addresses of the name servers; `mongodb+srv://` asks them itself. Default: none. */
  readonly nameServers?: readonly string[];
}

const MONGODB_PORT = "27017";

/**
 * All hosts that a server listens on and connects to, as `--allow-net=` takes them: what the environment and
 * the businesses name, and nothing else. Each is there once.
 */
export function networkHosts(
  config: NamingConfig,
  businesses: readonly Business[],
  { isWorker = false, nameServers = [] }: HostsOptions = {},
): string[] {
  const { host = "127.0.0.1", port = 0, realtimeUrl, openaiBaseUrl, embeddingBaseUrl, mongodbUri } = config;
  const urls = [realtimeUrl, openaiBaseUrl, embeddingBaseUrl];
  const hosts = [
    // Where it listens on all addresses, the telephone in the browser calls it by the loopback one.
    ...[host, ...host === "0.0.0.0" ? ["127.0.0.1"] : host === "::" ? ["::1"] : []].map((own) =>
      (own.includes(":") ? `[${own}]` : own) + (port === 0 ? "" : `:${port}`)
    ),
    ...isWorker ? ["127.0.0.1"] : [],
    ...urls.filter((url) => url !== undefined).map(hostAndPort),
    // Recordings are fetched from there as what a business names is: looked up by name alone.
    ...config.twilioApiUrl?.split(",").map((url) => new URL(url).hostname) ?? [],
    ...config.privateHosts ?? [],
    ...mongodbUri === undefined ? [] : mongodbHosts(mongodbUri, nameServers),
    ...businesses.flatMap(businessHosts),
  ];
  return [...new Set(hosts)];
}

/**
 * The hosts that a business names for the server to call, without ports: they are looked up by name alone.
 * Its MCP servers are not among them, since OpenAI calls those.
 */
function businessHosts({ tools, records, lookup }: Business): string[] {
  const urls = [...tools.http.map(({ url }) => url), records.webhook?.url, lookup?.url];
  return urls.filter((url) => url !== undefined).map((url) => new URL(url).hostname);
}

/**
 * Says which hosts of the businesses are out of reach of this process: it was started with the hosts that
 * they named then (`slimline network`).
 */
export function reportUnreachable(businesses: readonly Business[], log: Log): void {
  for (const business of businesses) {
    for (const host of new Set(businessHosts(business))) {
      if (mayConnect(host)) continue;
      const meaning = "requests to it are refused until the server is started again";
      log.error("host_not_allowed", { business: business.id, host, meaning });
    }
  }
}

function hostAndPort(given: string): string {
  const { hostname, port, protocol } = new URL(given);
  return `${hostname}:${port || (protocol === "https:" || protocol === "wss:" ? "443" : "80")}`;
}

/**
 * The hosts of a URI, which may list several. Those of `mongodb+srv://` come from the name server, and
 * MongoDB's driver takes only those that share the parent domain.
 */
function mongodbHosts(uri: string, nameServers: readonly string[]): string[] {
  const [, srv, list = ""] = /^mongodb(\+srv)?:\/\/(?:[^/@]*@)?([^/?]*)/.exec(uri) ?? [];
  if (srv === undefined) {
    return list.split(",").map((host) => /:\d+$/.test(host) ? host : `${host}:${MONGODB_PORT}`);
  }
  const servers = nameServers.map((address) => address.includes(":") ? `[${address}]:53` : `${address}:53`);
  return [`*.${list.split(".").slice(1).join(".")}`, ...servers];
}
