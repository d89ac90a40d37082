import { lacksAdminToken } from "../../config/config.ts";
import type { Config } from "../../config/config.ts";
import type { Finding } from "./finding.ts";

/** Tells whether the operations endpoints may be reached by strangers. */
export function examineAdminToken(config: Pick<Config, "adminToken" | "publicUrl">): Finding {
  const subject = "ADMIN_TOKEN";
  if (config.adminToken !== undefined) return { subject, state: "good", detail: "set" };
  if (!lacksAdminToken(config)) {
    return { subject, state: "good", detail: "not needed: PUBLIC_URL is loopback" };
  }
  return {
    subject,
    state: "doubtful",
    detail: "unset: a proxy on this machine may open /calls, /records and /dashboard to everybody",
    remedy: "set it to a long random text",
  };
}
