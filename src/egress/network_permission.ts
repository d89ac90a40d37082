/**
 * Whether the runtime lets this process connect to a host, such as `tools.example.com:443` or `[::1]:80`.
 * Where the runtime cannot tell, it decides when the connection is made.
 */
export function mayConnect(host: string): boolean {
  try {
    return Deno.permissions.querySync({ name: "net", host }).state === "granted";
  } catch {
    return true;
  }
}
