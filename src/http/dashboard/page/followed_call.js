/** @import { CallAbout, TalkChange } from "../../../observability/reports/call_talk.ts" */
import { CallActs } from "./act_on_call.js";
import { CALL_STATES } from "./calls_table.js";
import { elementAt } from "./elements.js";
import { figureText, inDollars, inMilliseconds, onClock } from "./format.js";
import { TalkLog } from "./talk_log.js";

/** How often the time of the call is drawn. */
const SECOND_MS = 500;
/** A talk that the server has refused is asked for again. */
const ASK_AGAIN_MS = 10_000;

/** The page of one live call. Follows its talk while it is shown, and holds nothing otherwise. */
export class FollowedCall {
  #log = new TalkLog(elementAt("talk"));
  #acts = new CallActs();
  #callSid = "";
  /** @type {EventSource | undefined} */
  #events;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** When it began, by the page's own clock; undefined while it is not live. @type {number | undefined} */
  #beganMs;
  /** @type {readonly string[]} */
  #targets = [];

  /** The call that is shown, or was last. */
  get callSid() {
    return this.#callSid;
  }

  /** @param {string} callSid */
  open(callSid) {
    this.close();
    this.#callSid = callSid;
    this.#acts.begin(callSid);
    this.#log.clear();
    elementAt("call-name").textContent = "Live call";
    elementAt("call-sid").textContent = callSid;
    for (const id of ["call-time", "call-answer", "call-cost"]) elementAt(id).textContent = "–";
    elementAt("call-gone").hidden = true;
    elementAt("call-state").hidden = true;
    this.#showEarlier(0);
    this.#clock = setInterval(() => this.#tick(), SECOND_MS);
    this.#follow();
    elementAt("call-name").focus();
  }

  close() {
    this.#events?.close();
    clearInterval(this.#clock);
    clearTimeout(this.#retry);
    this.#beganMs = undefined;
  }

  #follow() {
    const events = this.#events = new EventSource(
      `/dashboard/talk?call=${encodeURIComponent(this.#callSid)}`,
    );
    events.addEventListener("talk", ({ data }) => this.#show(JSON.parse(data)));
    events.addEventListener("away", () => this.#away("This call is not with the agent now."));
    events.addEventListener("over", () => {
      events.close();
      this.#away("This call is over.");
    });
    events.addEventListener("error", () => {
      // Otherwise the browser connects again by itself.
      if (events.readyState !== EventSource.CLOSED) return;
      this.#away("The talk of this call cannot be followed now.");
      this.#retry = setTimeout(() => this.#follow(), ASK_AGAIN_MS);
    });
  }

  /** @param {TalkChange} change */
  #show(change) {
    const { about, state, durationMs, costUsd, turns, earlier } = change;
    if (about) this.#begin(about);
    this.#log.show(change);
    const { name, tone } = CALL_STATES[state];
    const pill = elementAt("call-state");
    pill.hidden = false;
    pill.textContent = name;
    pill.dataset.tone = tone;
    this.#beganMs = performance.now() - durationMs;
    this.#tick();
    const last = turns.at(-1);
    if (last) elementAt("call-answer").textContent = figureText(inMilliseconds(last.playedMs));
    elementAt("call-cost").textContent = costUsd === null ? "not known" : figureText(inDollars(costUsd));
    elementAt("talk-empty").hidden = elementAt("talk").childElementCount > 0;
    this.#showEarlier(earlier);
  }

  /** All that is shown of the talk is told anew. @param {CallAbout} about */
  #begin({ business, number, isOutbound, targets }) {
    const name = `${business}, ${isOutbound ? "to " : ""}${number}`;
    elementAt("call-name").textContent = name;
    document.title = `Slimline: ${name}`;
    elementAt("call-answer").textContent = "–";
    elementAt("call-gone").hidden = true;
    this.#targets = targets;
    this.#acts.live(targets, true);
  }

  /** @param {string} words why nothing comes of the call */
  #away(words) {
    this.#beganMs = undefined;
    this.#acts.live(this.#targets, false);
    elementAt("call-state").hidden = true;
    elementAt("call-gone").hidden = false;
    elementAt("call-gone-words").textContent = words;
    const record = elementAt("call-record", HTMLAnchorElement);
    record.href = `/dashboard/calls?call=${encodeURIComponent(this.#callSid)}`;
    record.hidden = !document.querySelector('nav a[href="/dashboard/calls"]'); // no records are kept
  }

  /** @param {number} count of entries that are no longer shown */
  #showEarlier(count) {
    elementAt("talk-earlier").hidden = count === 0;
    elementAt("talk-earlier").textContent = `${count} earlier entries are not shown.`;
  }

  #tick() {
    if (this.#beganMs === undefined) return;
    elementAt("call-time").textContent = onClock(performance.now() - this.#beganMs);
  }
}
