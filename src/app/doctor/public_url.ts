import { reasonOf } from "../../util/errors.ts";
import type { Finding } from "./finding.ts";

const TIMEOUT_MS = 5_000;

/** Asks the server by the address that Twilio uses. From inside a network that need not work, so failure is no proof. */
export async function examinePublicUrl(publicUrl: string): Promise<Finding> {
  const subject = "PUBLIC_URL";
  const remedy = "start slimline serve, and see that DNS, certificate and proxy lead to it";
  try {
    const answer = await fetch(`${publicUrl}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.body?.cancel();
    if (answer.ok) return { subject, state: "good", detail: `a server answers at ${publicUrl}` };
    return { subject, state: "doubtful", detail: `${publicUrl}/healthz answers ${answer.status}`, remedy };
  } catch (error) {
    return { subject, state: "doubtful", detail: `not reached from here: ${reasonOf(error)}`, remedy };
  }
}
