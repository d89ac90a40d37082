// Text that is imported needs no permission to read, and goes into a bundle and an executable like any other
// module.
import ACT_ON_CALL from "./page/act_on_call.js" with { type: "text" };
import BASE_CSS from "./page/base.css" with { type: "text" };
import CALLS_TABLE from "./page/calls_table.js" with { type: "text" };
import CHART from "./page/chart.js" with { type: "text" };
import CALL_LIST from "./page/call_list.js" with { type: "text" };
import CALL_TALK from "./page/call_talk.js" with { type: "text" };
import DAY_CHART from "./page/day_chart.js" with { type: "text" };
import ELEMENTS from "./page/elements.js" with { type: "text" };
import FINISHED from "./page/finished.js" with { type: "text" };
import FINISHED_CSS from "./page/finished.css" with { type: "text" };
import FINISHED_HTML from "./page/finished.html" with { type: "text" };
import FRAME_CSS from "./page/frame.css" with { type: "text" };
import FLEET_TABLE from "./page/fleet_table.js" with { type: "text" };
import FORMAT from "./page/format.js" with { type: "text" };
import FOLLOWED_CALL from "./page/followed_call.js" with { type: "text" };
import FOLLOWED_CALL_CSS from "./page/followed_call.css" with { type: "text" };
import LOGIN_CSS from "./page/login.css" with { type: "text" };
import LOGIN_HTML from "./page/login.html" with { type: "text" };
import MAIN from "./page/main.js" with { type: "text" };
import OVERVIEW from "./page/overview.js" with { type: "text" };
import PAGE_CSS from "./page/page.css" with { type: "text" };
import PAGE_HTML from "./page/page.html" with { type: "text" };
import TALK_CSS from "./page/talk.css" with { type: "text" };
import TALK_ENTRY from "./page/talk_entry.js" with { type: "text" };
import TALK_LOG from "./page/talk_log.js" with { type: "text" };
import TIMELINE from "./page/timeline.js" with { type: "text" };
import { escapeXml } from "../../util/escape_xml.ts";
import { frameSlots, type PageFrame } from "./page_frame.ts";
import { oneScript, strictPage } from "./strict_page.ts";

const PAGE_SCRIPT = oneScript([
  FORMAT,
  ELEMENTS,
  TIMELINE,
  CHART,
  CALLS_TABLE,
  FLEET_TABLE,
  OVERVIEW,
  TALK_ENTRY,
  TALK_LOG,
  ACT_ON_CALL,
  FOLLOWED_CALL,
  MAIN,
]);
const FINISHED_SCRIPT = oneScript([FORMAT, ELEMENTS, CALL_LIST, TALK_ENTRY, CALL_TALK, DAY_CHART, FINISHED]);

/** What both pages of operators have of style. */
const OPERATORS_CSS = BASE_CSS + FRAME_CSS + PAGE_CSS + TALK_CSS;

/** The dashboard. */
export function dashboardPage(frame: PageFrame): Response {
  return strictPage({
    title: "Slimline",
    body: PAGE_HTML,
    css: OPERATORS_CSS + FOLLOWED_CALL_CSS,
    script: PAGE_SCRIPT,
    slots: frameSlots(frame, "live"),
  });
}

/** The page of finished calls. */
export function finishedCallsPage(frame: PageFrame): Response {
  return strictPage({
    title: "Slimline: calls",
    body: FINISHED_HTML,
    css: OPERATORS_CSS + FINISHED_CSS,
    script: FINISHED_SCRIPT,
    slots: frameSlots(frame, "calls"),
    media: "own",
  });
}

/**
 * The form that asks for the token.
 *
 * @param place where the operator wants to go, a path of this server's own
 */
export function loginPage(wasWrong: boolean, place: string): Response {
  return strictPage({
    status: 401,
    title: "Slimline: log in",
    body: LOGIN_HTML,
    css: BASE_CSS + LOGIN_CSS,
    slots: {
      wrong: wasWrong ? "" : "hidden",
      place: `<input type="hidden" name="place" value="${escapeXml(place)}">`,
    },
  });
}
