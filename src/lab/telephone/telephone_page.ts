// Text that is imported needs no permission to read, and goes into a bundle and an executable like any other
// module.
import BASE_CSS from "../../http/dashboard/page/base.css" with { type: "text" };
import ELEMENTS from "../../http/dashboard/page/elements.js" with { type: "text" };
import FRAME_CSS from "../../http/dashboard/page/frame.css" with { type: "text" };
import FORMAT from "../../http/dashboard/page/format.js" with { type: "text" };
import TALK_CSS from "../../http/dashboard/page/talk.css" with { type: "text" };
import TALK_ENTRY from "../../http/dashboard/page/talk_entry.js" with { type: "text" };
import TALK_LOG from "../../http/dashboard/page/talk_log.js" with { type: "text" };
import CALL_TAPE from "./page/call_tape.js" with { type: "text" };
import LINE_CODEC from "./page/line_codec.js" with { type: "text" };
import LINE_WORKLET from "./page/line_worklet.js" with { type: "text" };
import PLAYOUT from "./page/playout.js" with { type: "text" };
import TELEPHONE_CALL from "./page/telephone_call.js" with { type: "text" };
import TELEPHONE_CSS from "./page/telephone.css" with { type: "text" };
import TELEPHONE_HTML from "./page/telephone.html" with { type: "text" };
import TELEPHONE_MAIN from "./page/telephone_main.js" with { type: "text" };
import VOICE_SOURCES from "./page/voice_sources.js" with { type: "text" };
import type { TelephoneServer } from "../../app/lazy_telephone.ts";
import { frameSlots, type PageFrame } from "../../http/dashboard/page_frame.ts";
import { oneScript, strictPage } from "../../http/dashboard/strict_page.ts";
import type { TelephoneSetup } from "./telephone_setup.ts";

/** Businesses to choose from; further ones are not offered. */
const MAX_OFFERED = 500;

const PAGE_SCRIPT = oneScript([
  FORMAT,
  ELEMENTS,
  LINE_CODEC,
  CALL_TAPE,
  VOICE_SOURCES,
  TALK_ENTRY,
  TALK_LOG,
  TELEPHONE_CALL,
  TELEPHONE_MAIN,
]);
const WORKLET_SCRIPT = oneScript([LINE_CODEC, PLAYOUT, LINE_WORKLET]);

/** The telephone: what it can call is in the page, as JSON. */
export function telephonePage({ businesses, model, speech }: TelephoneServer, frame: PageFrame): Response {
  const setup: TelephoneSetup = {
    businesses: businesses.first(MAX_OFFERED).map(({ id, name, numbers }) => ({
      id,
      name,
      number: numbers[0] ?? "",
    })),
    model,
    canSpeak: speech !== undefined,
  };
  const json = JSON.stringify(setup).replaceAll("<", "\\u003c");
  const slots = {
    ...frameSlots(frame, "telephone"),
    setup: `<script type="application/json" id="setup">${json}</script>`,
  };
  return strictPage({
    title: "Slimline: telephone",
    body: TELEPHONE_HTML,
    css: BASE_CSS + FRAME_CSS + TALK_CSS + TELEPHONE_CSS,
    script: PAGE_SCRIPT,
    slots,
    hasOwnScripts: true,
    media: "made",
  });
}

/** The page's audio worklet, which runs apart from it. */
export function telephoneWorklet(): Response {
  return new Response(WORKLET_SCRIPT, {
    headers: {
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
}
