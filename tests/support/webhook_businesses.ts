import type { WebhookEndpoint } from "./webhook_endpoint.ts";

/** What a server is started with that has two businesses, each with a record webhook of its own. */
export function webhookBusinesses(acme: WebhookEndpoint, other: WebhookEndpoint) {
  const business = (name: string, number: string, { url }: WebhookEndpoint) => ({
    name,
    numbers: [number],
    instructions: "Help.",
    records: { webhook: { url } },
  });
  return {
    businesses: {
      "acme.json": business("Acme", "+15550100000", acme),
      "other.json": business("Other", "+15550100009", other),
    },
    env: { PRIVATE_HOSTS: [acme, other].map(({ url }) => new URL(url).host).join(",") },
  };
}
