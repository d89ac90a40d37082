import assert from "node:assert/strict";
import { COMMANDS } from "../../src/cli/commands.ts";
import { LAB_COMMANDS } from "../../src/lab/lab_commands.ts";
import { completion } from "../../src/cli/completion.ts";
import { captureConsole } from "../support/capture_console.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** What bash offers for the words of a line, the last of which is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  using temp = new TempFolder();
  const { out } = await captureConsole(() => completion(["bash"]));
  const flags = "run --quiet --no-check --no-prompt --allow-read --allow-env";
  temp.write("slimline", `#!/usr/bin/env bash\nexec deno ${flags} ${Deno.cwd()}/main.ts "$@"\n`);
  Deno.chmodSync(`${temp.path}/slimline`, 0o700);
  temp.write(
    "ask.sh",
    `PATH=${temp.path}:$PATH
${out}
COMP_WORDS=(slimline ${words.map((word) => `'${word}'`).join(" ")}) COMP_CWORD=${words.length}
_slimline
printf '%s\\n' "\${COMPREPLY[@]}"
`,
  );
  const { stdout, stderr } = await new Deno.Command("bash", { args: [`${temp.path}/ask.sh`] }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test("bash completes every command, and the options of each as its help has them", async () => {
  assert.deepEqual((await offered("")).sort(), Object.keys({ ...COMMANDS, ...LAB_COMMANDS }).sort());
  assert.deepEqual(await offered("do"), ["doctor"]);
  assert.deepEqual(await offered("dial", "--ma"), ["--machine-detection"]);
  const options = await offered("ingest", "--");
  for (const option of ["--business", "--add", "--password"]) assert.ok(options.includes(option), option);
});

Deno.test("slimline completion knows three shells, and refuses others", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await captureConsole(() => completion([shell]));
    assert.equal(code, 0);
    assert.match(out, /slimline/);
  }
  for (const args of [[], ["csh"], ["constructor"], ["bash", "zsh"]]) {
    const { code, err } = await captureConsole(() => completion(args));
    assert.equal(code, 2);
    assert.match(err, /bash, zsh or fish/);
  }
});
