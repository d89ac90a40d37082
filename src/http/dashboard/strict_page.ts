/** What a page is made of, and what it needs beyond its own style and script. */
export interface StrictPage {
  /** HTTP status. Default 200. */
  readonly status?: number;
  /** Text of its tab. */
  readonly title: string;
  /** HTML of its body. */
  readonly body: string;
  readonly css: string;
  /** A module. Default: there is none. */
  readonly script?: string;
  /** What stands in place of `<!--name-->` and `data-slot-name` in the body. */
  readonly slots: Readonly<Record<string, string>>;
  /** Modules of this server, such as an audio worklet's. Default false. */
  readonly hasOwnScripts?: boolean;
  /** Sound or video: that the page itself has made, or of this server. Default: none. */
  readonly media?: "made" | "own";
}

/**
 * Modules of a page as one script. No name stands at the top level of two of them, so that they may share one
 * scope.
 */
export function oneScript(modules: readonly string[]): string {
  return modules.join("\n").replaceAll(/^import [^;]+;\n|^export (?=const|class|function)/gm, "");
}

/** A page with its style and script inside, which may reach nothing but this server and run nothing else. */
export function strictPage(
  { status = 200, title, body, css, script, slots, hasOwnScripts = false, media }: StrictPage,
): Response {
  const nonce = crypto.randomUUID();
  const filled = body.replace(
    /<!--(\w+)-->|data-slot-(\w+)/g,
    (_, comment, attribute) => slots[comment ?? attribute],
  );
  const html = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title}</title>
    <link rel="icon" href="data:,">
    <style nonce="${nonce}">${css}</style>
  </head>
  <body>
${filled}${script === undefined ? "" : `<script type="module" nonce="${nonce}">${script}</script>`}
  </body>
</html>
`;
  return new Response(html, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "same-origin", // without any, a browser says of a form's origin that it is "null"
      "x-content-type-options": "nosniff",
      "content-security-policy": [
        "default-src 'none'",
        `script-src 'nonce-${nonce}'${hasOwnScripts ? " 'self'" : ""}`,
        `style-src 'nonce-${nonce}'`,
        "connect-src 'self'",
        "img-src data:",
        ...media === undefined ? [] : [`media-src ${media === "made" ? "blob:" : "'self'"}`],
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join("; "),
    },
  });
}
