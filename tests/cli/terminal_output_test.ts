import assert from "node:assert/strict";
import { TempFolder } from "../support/temp_folder.ts";

/** What a command writes to a terminal of 70 columns, with all that colours it. */
async function onTerminal(command: string): Promise<string> {
  using temp = new TempFolder();
  // util-linux: runs a command on a terminal of its own, whose size the shell sets first.
  const script = `unset NO_COLOR; stty cols 70; cd ${temp.path}; ${command}`;
  const { stdout } = await new Deno.Command("bash", {
    args: ["-c", `script -qec "$0" /dev/null`, script],
    env: { SHELL: "/bin/bash", TERM: "xterm" },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout).replaceAll("\r\n", "\n");
}

const MAIN = `${Deno.cwd()}/main.ts`;
const SLIMLINE = "deno run --quiet --no-check --no-prompt --allow-read=. --allow-env";
/** It ends soon, since it may not listen. */
const SERVE = "PORT=0 HOST=127.0.0.1 PUBLIC_URL=https://voice.example.com OPENAI_API_KEY=none " +
  `${SLIMLINE} ${MAIN} serve --insecure --no-records`;

const hasScript = await new Deno.Command("bash", { args: ["-c", "command -v script"], stdout: "null" })
  .output()
  .then(({ success }) => success);

Deno.test({
  name: "On a terminal help is wrapped, and the log is coloured unless NO_COLOR is set",
  ignore: !hasScript,
  async fn() {
    const help = await onTerminal(`${SLIMLINE} ${MAIN} doctor --help`);
    assert.deepEqual(help.split("\n").filter((line) => line.length > 70), []);
    assert.match(help, /Usage: slimline doctor/);
    const [coloured, plain] = await Promise.all([onTerminal(SERVE), onTerminal(`NO_COLOR=1 ${SERVE}`)]);
    assert.ok(coloured.includes("\x1b[33mwarning\x1b[0m \x1b[1minsecure\x1b[0m"), coloured);
    assert.match(plain, /warning insecure meaning=nobody/);
    assert.ok(!plain.includes("\x1b["), plain);
  },
});

Deno.test({
  name: "What the machine refuses is said in a line, without the runtime's advice",
  ignore: !hasScript,
  async fn() {
    const said = await onTerminal(`${SLIMLINE} --allow-net=127.0.0.1 ${MAIN} demo --out none.wav`);
    assert.match(
      said,
      /^slimline demo: none\.wav cannot be written: there is no permission to write to "none\.wav"/m,
    );
    const uncaught = await onTerminal(`${SLIMLINE} ${MAIN} demo`);
    assert.match(uncaught, /^slimline.*: .*there is no permission to /m);
    assert.doesNotMatch(uncaught, /run again with|during compilation|\n {4}at /);
    assert.doesNotMatch(said, /run again with|during compilation|\n {4}at /);
  },
});
