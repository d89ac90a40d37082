/** @import { TalkChange, TalkEntry } from "../../../observability/reports/call_talk.ts" */
import { figureText, inMilliseconds, onClock } from "../../../http/dashboard/page/format.js";
import { newElement } from "./page_elements.js";

/** What the states of a call are called. */
const STATE_WORDS = new Map([
  ["connecting", "connecting to the model"],
  ["caller_speaks", "you speak"],
  ["answering", "the agent speaks"],
  ["using_tool", "the agent uses a tool"],
  ["thinking", "the agent thinks"],
  ["listening", "the agent listens"],
]);

/** @param {string} state */
export function stateWords(state) {
  return STATE_WORDS.get(state) ?? state;
}

/** A talk as it goes: what both said, keys, tools and interruptions, in order. */
export class TalkLog {
  #list;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
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
    while (children.length > from) children[children.length - 1].remove();
    this.#list.append(...entries.map(talkItem));
    if (entries.length > 0) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

/** @param {TalkEntry} entry */
function talkItem(entry) {
  const item = newElement("li", entry.kind, newElement("time", "", onClock(entry.atMs)));
  item.append(...contentOf(entry));
  return item;
}

/**
 * @param {TalkEntry} entry
 * @returns {Node[]}
 */
function contentOf(
  {
    kind,
    text = "",
    cut,
    name = "",
    arguments: given = "",
    output = "",
    outcome = "",
    durationMs = 0,
    digits = "",
    heardMs,
  },
) {
  switch (kind) {
    case "user":
      return [newElement("b", "", "You"), newElement("p", "", text || "…")];
    case "assistant":
      return [
        newElement("b", "", "Agent"),
        newElement("p", "", text, ...cut ? [newElement("i", "", " — cut off")] : []),
      ];
    case "keys":
      return [newElement("b", "", "Keys"), newElement("p", "", digits)];
    case "interruption": {
      const heard = heardMs === undefined ? "" : `, ${Math.round(heardMs)} ms of the answer heard`;
      return [newElement("p", "", `You interrupted${heard}.`)];
    }
    case "tool": {
      const took = `${name}: ${outcome}, ${figureText(inMilliseconds(durationMs))}`;
      return [
        newElement("b", "", "Tool"),
        newElement(
          "details",
          "",
          newElement("summary", "", took),
          codeBlock("Asked", given),
          codeBlock("Got", output),
        ),
      ];
    }
    default:
      return [newElement("p", "", text)];
  }
}

/**
 * @param {string} title
 * @param {string} text
 */
function codeBlock(title, text) {
  return newElement("div", "code", newElement("span", "", title), newElement("pre", "", text));
}
