/**
 * The element of an id, of the kind that is wanted.
 *
 * @template {Element} [Kind=HTMLElement]
 * @param {string} id
 * @param {new () => Kind} [kind]
 * @returns {Kind}
 */
export function elementAt(id, kind) {
  const found = document.getElementById(id);
  const wanted = kind ?? HTMLElement;
  if (!(found instanceof wanted)) throw new Error(`The page has no #${id} that is a ${wanted.name}.`);
  return /** @type {Kind} */ (/** @type {Element} */ (found));
}

/**
 * An element with its attributes and what is in it. Texts stay texts, whatever is in them.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Readonly<Record<string, string | number>>} attributes
 * @param {...(Node | string)} content
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, attributes, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, `${value}`);
  made.append(...content);
  return made;
}

/**
 * A time of the day, and its date unless that is today.
 *
 * @param {string} iso
 * @returns {string}
 */
export function dayAndTime(iso) {
  const at = new Date(iso);
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === new Date().toDateString()) return time;
  return `${at.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}

/** What ended a call, in words. @type {Readonly<Record<string, string>>} */
export const ENDS = {
  caller_hung_up: "caller hung up",
  agent_hung_up: "agent hung up",
  operator_hung_up: "operator hung up",
  limit_reached: "limit reached",
  transferred: "transferred",
  suspended: "suspended",
  message_left: "message left",
  refused: "turned away",
  abandoned: "caller gave up",
  waiting: "waits in line",
  not_answered: "nobody answered",
  agent_lost: "agent lost",
  moved: "moved on",
  stream_lost: "line lost",
  stream_stalled: "line stalled",
  server_stopped: "server stopped",
  server_died: "server died",
};

/** Ends that somebody should look at. */
const BAD_ENDS = ["agent_lost", "stream_lost", "stream_stalled", "server_stopped", "server_died"];

/**
 * @param {string} reason
 * @returns {string} of its colour
 */
export function toneOf(reason) {
  if (BAD_ENDS.includes(reason)) return "bad";
  if (reason === "message_left") return "own";
  return ["refused", "abandoned", "limit_reached", "not_answered", "waiting"].includes(reason)
    ? "warn"
    : "good";
}
