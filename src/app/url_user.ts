/**
 * A URL with a user in it, which `fetch` does not take, as a URL without one and the header that says who
 * asks: none where there is no user.
 */
export function withoutUser(given: string | URL): { url: URL; headers: Record<string, string> } {
  const url = new URL(given);
  const [username, password] = [url.username, url.password].map(decodeURIComponent);
  url.username = url.password = "";
  return { url, headers: username ? { authorization: `Basic ${btoa(`${username}:${password}`)}` } : {} };
}
