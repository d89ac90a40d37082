import { type Browser, chromium } from "playwright-core";

/** Debian's. */
const CHROMIUM = "/usr/bin/chromium";

/**
 * A browser of its own profile, which calls nobody but the pages that it is sent to. To be closed after use.
 *
 * @param more arguments beside the usual ones
 */
export function launchChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
}
