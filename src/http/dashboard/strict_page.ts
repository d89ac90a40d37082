/** What a page needs beyond its own style and script. */
export interface PageNeeds {
  /** Modules of this server, such as an audio worklet's. */
  readonly ownScripts?: boolean;
  /** Sound or video that the page itself has made. */
  readonly madeMedia?: boolean;
  /** Sound of this server. */
  readonly ownMedia?: boolean;
}

/**
 * Modules of a page as one script. No name stands at the top level of two of them, so that they may share one
 * scope.
 */
export function oneScript(modules: readonly string[]): string {
  return modules.join("\n").replaceAll(/^import [^;]+;\n|^export (?=const|class|function)/gm, "");
}

/**
 * A page with its style and script inside, which may reach nothing but this server and run nothing else.
 *
 * @param slots what stands in place of `<!--name-->` and `data-slot-name`
 */
export function strictPage(
  status: number,
  html: string,
  css: string,
  script: string,
  slots: Readonly<Record<string, string>>,
  { ownScripts = false, madeMedia = false, ownMedia = false }: PageNeeds = {},
): Response {
  const nonce = crypto.randomUUID();
  const parts: Record<string, string> = {
    ...slots,
    style: `<style nonce="${nonce}">${css}</style>`,
    script: `<script type="module" nonce="${nonce}">${script}</script>`,
  };
  const body = html.replace(
    /<!--(\w+)-->|data-slot-(\w+)/g,
    (_, comment, attribute) => parts[comment ?? attribute],
  );
  return new Response(body, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "same-origin", // without any, a browser says of a form's origin that it is "null"
      "x-content-type-options": "nosniff",
      "content-security-policy": [
        "default-src 'none'",
        `script-src 'nonce-${nonce}'${ownScripts ? " 'self'" : ""}`,
        `style-src 'nonce-${nonce}'`,
        "connect-src 'self'",
        "img-src data:",
        ...madeMedia ? ["media-src blob:"] : ownMedia ? ["media-src 'self'"] : [],
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join("; "),
    },
  });
}
