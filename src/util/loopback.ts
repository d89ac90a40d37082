/**
 * True for names and addresses that only this machine can reach. Takes an address as it stands in a URL, too:
 * `[::1]`.
 */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
