import { LOGIN_CSS, LOGIN_HTML, PAGE_CSS, PAGE_HTML, PAGE_SCRIPT } from "./page_files.ts";

/** The dashboard. @param canLogOut there is a login to end */
export function dashboardPage(canLogOut: boolean): Response {
  return page(200, PAGE_HTML, PAGE_CSS, PAGE_SCRIPT, { logout: canLogOut ? "" : "hidden" });
}

/** The form that asks for the token. */
export function loginPage(wasWrong: boolean): Response {
  return page(401, LOGIN_HTML, LOGIN_CSS, "", { wrong: wasWrong ? "" : "hidden" });
}

/** A page with its style and script inside, which may reach nothing but this server and run nothing else. */
function page(
  status: number,
  html: string,
  css: string,
  script: string,
  slots: Record<string, string>,
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
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "content-security-policy": [
        "default-src 'none'",
        `script-src 'nonce-${nonce}'`,
        `style-src 'nonce-${nonce}'`,
        "connect-src 'self'",
        "img-src data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join("; "),
    },
  });
}
