// Text that is imported needs no permission to read, and goes into a bundle and an executable like any other
// module.
import BASE_CSS from "./page/base.css" with { type: "text" };
import CALLS_TABLE from "./page/calls_table.js" with { type: "text" };
import CHART from "./page/chart.js" with { type: "text" };
import FORMAT from "./page/format.js" with { type: "text" };
import LOGIN_CSS from "./page/login.css" with { type: "text" };
import LOGIN_HTML from "./page/login.html" with { type: "text" };
import MAIN from "./page/main.js" with { type: "text" };
import OVERVIEW from "./page/overview.js" with { type: "text" };
import PAGE_CSS from "./page/page.css" with { type: "text" };
import PAGE_HTML from "./page/page.html" with { type: "text" };
import TIMELINE from "./page/timeline.js" with { type: "text" };

/**
 * The page's modules as one script. No name stands at the top level of two of them, so that they may share
 * one scope.
 */
const PAGE_SCRIPT = [FORMAT, TIMELINE, CHART, CALLS_TABLE, OVERVIEW, MAIN].join("\n")
  .replaceAll(/^import [^;]+;\n|^export (?=const|class|function)/gm, "");

/** The dashboard. @param canLogOut there is a login to end */
export function dashboardPage(canLogOut: boolean): Response {
  return page(200, PAGE_HTML, BASE_CSS + PAGE_CSS, PAGE_SCRIPT, { logout: canLogOut ? "" : "hidden" });
}

/** The form that asks for the token. */
export function loginPage(wasWrong: boolean): Response {
  return page(401, LOGIN_HTML, BASE_CSS + LOGIN_CSS, "", { wrong: wasWrong ? "" : "hidden" });
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
