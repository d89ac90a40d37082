/** @import { TalkChange } from "../../../observability/reports/call_talk.ts" */
import { talkItem } from "./talk_entry.js";

/** Whoever is this close to the end of a talk, in pixels, reads along, and is shown what comes next. */
const READS_ALONG_PX = 40;

/** A talk as it goes: what both said, keys, tools and interruptions, in order. */
export class TalkLog {
  #list;
  #scroller;
  #caller;

  /**
   * @param {HTMLElement} list in an element that scrolls
   * @param {string} [caller] what the caller is called
   */
  constructor(list, caller) {
    this.#list = list;
    this.#scroller = list.parentElement ?? list;
    this.#caller = caller;
  }

  clear() {
    this.#list.replaceChildren();
  }

  /**
   * Shows what has changed: from one entry on, all are new.
   *
   * @param {TalkChange} change
   */
  show({ from, entries }) {
    const { children } = this.#list;
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const readsAlong = scrollTop + clientHeight >= scrollHeight - READS_ALONG_PX;
    while (children.length > from) children[children.length - 1].remove();
    this.#list.append(...entries.map((entry) => talkItem(entry, this.#caller)));
    if (readsAlong) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }
}
