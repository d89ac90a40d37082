import { elementAt } from "./elements.js";

/** What is said once the server has begun. */
const BEGUN = {
  end: "The agent says goodbye, and hangs up.",
  transfer: "The caller is being put through.",
  tell: "The agent has been told.",
};

/** What an operator does to the call that is shown: tells its agent something, puts its caller through, ends it. */
export class CallActs {
  #callSid = "";
  #isLive = false;
  #isAsking = false;
  #target = elementAt("target", HTMLSelectElement);
  #text = elementAt("tell-text", HTMLTextAreaElement);
  #say = elementAt("tell-say", HTMLInputElement);

  constructor() {
    elementAt("tell", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#tell();
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      elementAt("tell", HTMLFormElement).requestSubmit();
    });
    elementAt("transfer", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#transfer();
    });
    elementAt("end").addEventListener("click", () => void this.#end());
  }

  /** Another call is shown. @param {string} callSid */
  begin(callSid) {
    this.#callSid = callSid;
    this.#text.value = "";
    this.#say.checked = true;
    this.#isAsking = false;
    this.#report("", "");
    this.live([], false);
  }

  /**
   * @param {readonly string[]} targets to whom its caller can be put through
   * @param {boolean} isLive whether anything can be done to the call
   */
  live(targets, isLive) {
    this.#isLive = isLive;
    const names = [...this.#target.options].map(({ value }) => value);
    if (isLive && names.join("\n") !== targets.join("\n")) {
      this.#target.replaceChildren(...targets.map((name) => new Option(name, name)));
    }
    elementAt("transfer").hidden = this.#target.options.length === 0;
    this.#enable();
  }

  #enable() {
    for (const group of document.querySelectorAll("#act fieldset")) {
      if (group instanceof HTMLFieldSetElement) group.disabled = !this.#isLive || this.#isAsking;
    }
  }

  async #tell() {
    const text = this.#text.value.trim();
    if (text === "") return this.#text.focus();
    if (await this.#ask("tell", { text, say: this.#say.checked })) this.#text.value = "";
    this.#text.focus(); // it lost the keyboard while it could not be written into
  }

  async #transfer() {
    const target = this.#target.value;
    const question = {
      title: `Put the caller through to ${target}?`,
      words: "What the agent is saying is cut off, and it leaves the call.",
      yes: "Put through",
    };
    if (await confirmed(question)) await this.#ask("transfer", { target });
  }

  async #end() {
    const question = {
      title: "End this call?",
      words: "The agent says goodbye, whatever the caller says, and hangs up.",
      yes: "End the call",
    };
    if (await confirmed(question)) await this.#ask("end");
  }

  /**
   * Asks the server to do something. Resolves with whether it has begun.
   *
   * @param {keyof typeof BEGUN} action
   * @param {object} [body]
   */
  async #ask(action, body) {
    const callSid = this.#callSid;
    this.#isAsking = true;
    this.#enable();
    this.#report("", "");
    const problem = await problemOf(`/dashboard/calls/${callSid}/${action}`, body);
    if (callSid !== this.#callSid) return false; // another call is shown by now
    this.#isAsking = false;
    this.#enable();
    this.#report(problem ? "" : BEGUN[action], problem);
    return problem === "";
  }

  /**
   * @param {string} done
   * @param {string} problem
   */
  #report(done, problem) {
    elementAt("act-done").textContent = done;
    elementAt("act-problem").textContent = problem;
  }
}

/**
 * Posts to the server. Resolves with what is wrong, in words, or with nothing.
 *
 * @param {string} url
 * @param {object} [body]
 */
async function problemOf(url, body) {
  try {
    const answer = await fetch(url, {
      method: "POST",
      ...body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
    });
    if (answer.ok) return "";
    if (answer.status === 401) location.reload(); // the form asks for the token
    const text = await answer.text();
    const { problems } = text.startsWith("{") ? JSON.parse(text) : { problems: [text.trim()] };
    return problems.join(" ") || `The server answered ${answer.status}.`;
  } catch {
    return "The server cannot be reached. Nothing was done.";
  }
}

/** Answers the question that is asked. @type {(isYes: boolean) => void} */
let answer = () => {};

elementAt("confirm-form", HTMLFormElement).addEventListener("submit", ({ submitter }) => {
  answer(submitter?.id === "confirm-yes");
});
// A dialog tells of its end in a task of its own: by then the next question may be asked.
elementAt("confirm", HTMLDialogElement).addEventListener("close", () => {
  if (!elementAt("confirm", HTMLDialogElement).open) answer(false);
});

/**
 * Asks whoever uses the page, at once, so that the next key is the question's. Escape, and a click on "Cancel", mean no.
 *
 * @param {{ title: string, words: string, yes: string }} question
 * @returns {Promise<boolean>}
 */
function confirmed({ title, words, yes }) {
  answer(false);
  elementAt("confirm-title").textContent = title;
  elementAt("confirm-words").textContent = words;
  elementAt("confirm-yes").textContent = yes;
  elementAt("confirm", HTMLDialogElement).showModal();
  return new Promise((resolve) => answer = resolve);
}
