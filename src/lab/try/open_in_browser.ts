/** What opens an address in the browser that the user likes, on Linux and on macOS. */
const OPENERS = ["xdg-open", "open"];

/**
 * Opens a page in the user's browser where that can be and is allowed; else does nothing, as its address is
 * printed.
 */
export async function openInBrowser(url: string): Promise<void> {
  for (const opener of OPENERS) {
    const permission = await Deno.permissions.query({ name: "run", command: opener });
    if (permission.state !== "granted") continue;
    try {
      const child = new Deno.Command(opener, { args: [url], stdin: "null", stdout: "null", stderr: "null" })
        .spawn();
      child.unref();
      return;
    } catch {
      continue; // there is no such program
    }
  }
}
