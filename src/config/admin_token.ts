import type { Config } from "./config.ts";
import { isLoopback } from "./loopback.ts";

/**
 * Whether a proxy on this machine might let strangers at what is for operators: the server has an address out there, and
 * no token. What a proxy passes on need not show that it was passed on (nginx's does not, unless it is told to).
 */
export function lacksAdminToken(
  { adminToken, publicUrl }: Pick<Config, "adminToken" | "publicUrl">,
): boolean {
  return adminToken === undefined && !isLoopback(new URL(publicUrl).hostname);
}
