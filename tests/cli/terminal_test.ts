import assert from "node:assert/strict";
import { TempFolder } from "../support/temp_folder.ts";
import { killProcess } from "../support/kill_process.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
/** Longest that one question may take to come, on a busy machine. */
const QUESTION_MS = 30_000;

/** Debian's bsdutils, which run a command on a terminal of its own. */
const hasScript = new Deno.Command("bash", { args: ["-c", "command -v script"], stdout: "null" }).outputSync()
  .success;

/** A command on a terminal of its own, and somebody who answers there. */
class OnTerminal implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #read: Promise<void>;
  /** Everything that the screen has shown. */
  shown = "";
  #onShown = () => {};

  constructor(command: string, cwd: string) {
    this.#child = new Deno.Command("bash", {
      args: ["-c", `exec script -qec ${JSON.stringify(command)} /dev/null`],
      cwd,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#read = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({
        write: (text) => {
          this.shown += text;
          this.#onShown();
        },
      }),
    );
  }

  /** Waits for a question, and answers it. */
  async answer(question: string, answer: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      const at = this.shown.indexOf(question, this.#seen);
      if (at < 0) return;
      this.#seen = at + question.length;
      resolve();
    };
    const timer = setTimeout(() => reject(new Error(`not asked: ${question}\n${this.shown}`)), QUESTION_MS);
    this.#onShown = look;
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
    await new Promise((resolve) => setTimeout(resolve, 200)); // until the line is read in raw mode
    await this.#input.write(new TextEncoder().encode(answer));
  }
  #seen = 0;

  /** The exit code, once it has ended. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#read;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killProcess(this.#child, "SIGKILL");
    await this.#child.status;
    await this.#read;
    await this.#input.abort().catch(() => {});
  }
}

const GIVEN = "--hours=always --time-zone=UTC --language=en --voice=marin --wants=x --about=y " +
  "--public-url=https://voice.example.com --transfer='Front desk=+15551234568'";

Deno.test({
  name: "slimline init asks on a terminal, and shows no key that is typed",
  ignore: !hasScript,
  async fn() {
    using folder = new TempFolder();
    await using terminal = new OnTerminal(
      `deno run --quiet --no-prompt --allow-all ${MAIN} init acme ${GIVEN}`,
      folder.path,
    );
    await terminal.answer("Name, as it is spoken", "Acme Ltd\r");
    await terminal.answer("Twilio number", "12\r");
    await terminal.answer("It must be E.164", "");
    await terminal.answer("Twilio number", "+15551234567\r");
    await terminal.answer("Key of OpenAI's API", "sk-secretx\x7f\r"); // a slip, and the key that takes it back
    await terminal.answer("Account SID of Twilio", "\r");
    await terminal.answer("Auth token of Twilio", "hidden-token\r");
    assert.equal(await terminal.ended(), 0, terminal.shown);
    assert.doesNotMatch(terminal.shown, /sk-secret|hidden-token/);
    const env = Deno.readTextFileSync(`${folder.path}/.env`);
    assert.match(env, /^OPENAI_API_KEY=sk-secret$/m);
    assert.match(env, /^TWILIO_AUTH_TOKEN=hidden-token$/m);
    assert.match(Deno.readTextFileSync(`${folder.path}/businesses/acme.json`), /"Acme Ltd"/);
  },
});

for (const [key, name] of [["\x03", "Ctrl-C"], ["\x04", "Ctrl-D"]]) {
  Deno.test({
    name: `${name} at a hidden question ends slimline init, which has written nothing`,
    ignore: !hasScript,
    async fn() {
      using folder = new TempFolder();
      await using terminal = new OnTerminal(
        `deno run --quiet --no-prompt --allow-all ${MAIN} init acme --name=Acme --number=+15551234567 ${GIVEN}`,
        folder.path,
      );
      await terminal.answer("Key of OpenAI's API", `sk-${key}`);
      assert.equal(await terminal.ended(), 2, terminal.shown);
      assert.match(terminal.shown, /ended at the question/);
      assert.deepEqual(folder.names(), []);
    },
  });
}
