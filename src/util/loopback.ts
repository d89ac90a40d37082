/**
 * True for names and addresses that only this machine can reach. Takes an address as it stands in a URL, too:
 * `[::1]`.
 */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Where a server is reached from its own machine, such as `http://127.0.0.1:8080`.
 *
 * @param host the address that it listens on
 */
export function ownAddress(host: string, port: number): string {
  const name = host === "0.0.0.0"
    ? "127.0.0.1"
    : host === "::"
    ? "[::1]"
    : host.includes(":")
    ? `[${host}]`
    : host;
  return `http://${name}:${port}`;
}
