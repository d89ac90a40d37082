import type { LoadTelephone } from "../../app/lazy_telephone.ts";

/** The telephone in the browser, which a server is lent, and loads when an operator opens its page. */
export const loadTelephone: LoadTelephone = async () => {
  const { BrowserTelephone } = await import("./browser_telephone.ts");
  return (server) => new BrowserTelephone(server);
};
