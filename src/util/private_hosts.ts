/** Most hosts in one list. */
const MAX_PRIVATE_HOSTS = 100;

/**
 * Reads a list such as `127.0.0.1:9000, tools.internal`: hosts of the operator's own network, each with all
 * its ports or one.
 * @returns the entries as the URL parser writes them; undefined when one is no host, or there are more than
 * {@link MAX_PRIVATE_HOSTS}
 */
export function readPrivateHosts(text: string): string[] | undefined {
  const entries = text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
  if (entries.length > MAX_PRIVATE_HOSTS) return undefined;
  const hosts = entries.map(readPrivateHost);
  return hosts.every((host) => host !== undefined) ? hosts : undefined;
}

function readPrivateHost(entry: string): string | undefined {
  if (/[/@?#\\\s]/.test(entry)) return undefined;
  const url = URL.parse(`http://${entry}`);
  if (url === null || url.hostname === "") return undefined;
  // Each scheme hides its own default port.
  const port = url.port || URL.parse(`https://${entry}`)?.port;
  return port ? `${url.hostname}:${port}` : url.hostname;
}

/** Whether a list that was {@link readPrivateHosts | read} has the host of a URL. */
export function isListedHost({ hostname, port, protocol }: URL, hosts: readonly string[]): boolean {
  return hosts.includes(hostname) ||
    hosts.includes(`${hostname}:${port || (protocol === "https:" ? "443" : "80")}`);
}
