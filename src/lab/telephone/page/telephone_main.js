/** @import { TelephoneSetup } from "../telephone_setup.ts" */
/** @import { CallState } from "../../../observability/reports/call_snapshot.ts" */
/** @import { TalkChange } from "../../../observability/reports/call_talk.ts" */
import { elementAt, make } from "../../../http/dashboard/page/elements.js";
import { figureText, inDollars, inMilliseconds, onClock } from "../../../http/dashboard/page/format.js";
import { TalkLog } from "../../../http/dashboard/page/talk_log.js";
import { TelephoneCall } from "./telephone_call.js";
import { fileSound, sentenceSound } from "./voice_sources.js";

/** What the states of a call are called here. @type {Readonly<Record<CallState, string>>} */
const STATE_WORDS = {
  connecting: "connecting to the model",
  caller_speaks: "you speak",
  answering: "the agent speaks",
  using_tool: "the agent uses a tool",
  thinking: "the agent thinks",
  listening: "the agent listens",
};
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
/** What a caller without a number is called. */
const NAMELESS_CALLER = "client:browser";
/** How often the time of a call is drawn. */
const TICK_MS = 500;

/** @type {TelephoneSetup} */
const setup = JSON.parse(elementAt("setup", HTMLScriptElement).text);
const business = elementAt("business", HTMLSelectElement);
const callButton = elementAt("call", HTMLButtonElement);
const sayButton = elementAt("say", HTMLButtonElement);
const sentence = elementAt("sentence", HTMLInputElement);
const clip = elementAt("clip", HTMLInputElement);
const keypad = elementAt("keypad");
const player = elementAt("player", HTMLAudioElement);
const talkLog = new TalkLog(elementAt("talk"), "You");

/** @type {TelephoneCall | undefined} */
let live;
/** @type {EventSource | undefined} */
let talk;
let startedMs = 0;

for (const { id, name, number } of setup.businesses) {
  business.append(new Option(number ? `${name} (${number})` : name, id));
}
const wanted = new URL(location.href).searchParams.get("business");
if (setup.businesses.some(({ id }) => id === wanted)) business.value = wanted ?? "";
elementAt("model").textContent = setup.model;
elementAt("saying-note").textContent = setup.canSpeak
  ? "OpenAI speaks it, which costs a fraction of a cent."
  : "Without a key for OpenAI, tones of its length are played.";
for (const key of KEYS) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = key;
  button.addEventListener("click", () => live?.press(key));
  keypad.append(button);
}
callButton.addEventListener("click", () => live ? live.hangUp() : void place());
elementAt("saying", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void say((call) => sentenceSound(call.context, sentence.value.trim(), setup.canSpeak));
});
clip.addEventListener(
  "change",
  () => void say((call) => fileSound(call.context, /** @type {FileList} */ (clip.files)[0])),
);
addEventListener("keydown", ({ key, target, ctrlKey, metaKey, altKey }) => {
  const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  if (!isTyping && !ctrlKey && !metaKey && !altKey && KEYS.includes(key)) live?.press(key);
});
addEventListener("pagehide", () => live?.hangUp());
setInterval(tick, TICK_MS);
showIdle();
if (!globalThis.isSecureContext) {
  // Neither a microphone nor an audio worklet is to be had.
  callButton.disabled = true;
  showState("The browser lets only pages of https, or of this machine (localhost), make calls.");
}

async function place() {
  const from = elementAt("from", HTMLInputElement);
  const number = from.value.replaceAll(/[\s().-]/g, "");
  if (number && !/^\+[1-9]\d{6,14}$/.test(number)) {
    from.focus();
    return showState("A number begins with + and the country, such as +15550100001.");
  }
  const call = live = new TelephoneCall({
    placed: (callSid) => follow(callSid),
    happened,
    level: (said, heard) => {
      elementAt("said", HTMLMeterElement).value = said;
      elementAt("heard", HTMLMeterElement).value = heard;
    },
    over: (reason, problems) => over(call, reason, problems),
  });
  talkLog.clear();
  elementAt("happened").replaceChildren();
  elementAt("nothing").hidden = false;
  elementAt("again").hidden = true;
  for (const id of ["speaker", "time", "answer", "cost", "added"]) {
    elementAt(id).textContent = "–";
  }
  showLive();
  showState("Connecting …");
  await call.place({
    business: business.value,
    from: number || NAMELESS_CALLER,
    delayMs: Number(elementAt("delay", HTMLSelectElement).value),
    lossShare: Number(elementAt("loss", HTMLSelectElement).value),
    hasMicrophone: elementAt("microphone", HTMLInputElement).checked,
    isCleaned: elementAt("cleaned", HTMLInputElement).checked,
  });
}

/** @param {(call: TelephoneCall) => Promise<AudioBuffer> | AudioBuffer} sound */
async function say(sound) {
  const call = live;
  if (!call) return showState("Call first: there is nobody to hear it.");
  try {
    call.play(await sound(call));
  } catch (error) {
    showState(error instanceof Error ? error.message : String(error));
  } finally {
    sentence.value = "";
    clip.value = "";
  }
}

/**
 * Shows the call's talk as the server tells it.
 *
 * @param {string} callSid
 */
function follow(callSid) {
  const events = talk = new EventSource(`/dashboard/talk?call=${callSid}`);
  events.addEventListener("talk", ({ data }) => showTalk(JSON.parse(data)));
  events.addEventListener("over", () => events.close());
}

/** @param {TalkChange} change */
function showTalk(change) {
  const { state, costUsd, turns, entries } = change;
  talkLog.show(change);
  if (entries.length > 0) elementAt("nothing").hidden = true;
  elementAt("speaker").textContent = live ? STATE_WORDS[state] : "–";
  elementAt("cost").textContent = costUsd === null ? "not known" : figureText(inDollars(costUsd));
  const last = turns.at(-1);
  if (last) elementAt("answer").textContent = figureText(inMilliseconds(last.playedMs));
}

/**
 * @param {string} what
 * @param {string} detail
 */
function happened(what, detail) {
  const words = what.replaceAll("_", " ");
  elementAt("happened").append(make("li", {}, detail ? `${words}: ${detail}` : words));
  if (what === "stream_started") {
    startedMs = Date.now();
    showState("Connected.");
  }
  if (what === "said") showState(`The line says: “${detail}”`);
  if (what === "dialled") showState(`Put through to ${detail}; nobody is rung from here.`);
}

/**
 * @param {TelephoneCall} call
 * @param {string} reason
 * @param {readonly string[]} problems
 */
function over(call, reason, problems) {
  if (live !== call) return;
  live = undefined;
  startedMs = 0;
  showIdle();
  showState([reason, ...problems].join(" "));
  elementAt("speaker").textContent = "–";
  const ended = talk;
  setTimeout(() => ended?.close(), 10_000); // last words may still come
  for (const id of ["said", "heard"]) elementAt(id, HTMLMeterElement).value = 0;
  if (call.tape.isEmpty) return;
  if (player.src) URL.revokeObjectURL(player.src);
  player.src = URL.createObjectURL(call.tape.toWav());
  const link = elementAt("download", HTMLAnchorElement);
  link.href = player.src;
  link.download = `call-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.wav`;
  elementAt("again").hidden = false;
}

function tick() {
  if (startedMs === 0) return;
  elementAt("time").textContent = onClock(Date.now() - startedMs);
  const added = live?.addedDelayMs;
  if (added !== undefined) elementAt("added").textContent = figureText(inMilliseconds(added));
}

function showLive() {
  callButton.textContent = "Hang up";
  callButton.dataset.live = "true";
  setLive(true);
}

function showIdle() {
  callButton.textContent = "Talk to the agent";
  callButton.dataset.live = "false";
  setLive(false);
}

/** @param {boolean} isLive */
function setLive(isLive) {
  business.disabled = isLive;
  elementAt("line", HTMLFieldSetElement).disabled = isLive;
  for (const button of [...keypad.querySelectorAll("button"), sayButton]) button.disabled = !isLive;
  clip.disabled = !isLive;
}

/** @param {string} words */
function showState(words) {
  elementAt("state").textContent = words;
}
