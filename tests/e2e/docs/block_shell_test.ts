import assert from "node:assert/strict";
import { BlockShell } from "./block_shell.ts";
import { Workshop } from "./workshop.ts";

// The rest of this folder believes a block by what this shell says of it.

Deno.test("A block that fails, never says what is wanted, or leaves something running is no good block", async (t) => {
  await using workshop = await Workshop.open();
  await workshop.clear({ clone: false });
  const start = (commands: string, isTerminal = false) =>
    BlockShell.start(workshop, commands, { folder: workshop.desk, isTerminal });

  await t.step("the first command that fails ends it, with what was written", async () => {
    await using shell = start("echo one\nfalse\necho two\n");
    await assert.rejects(shell.endsWell(), /ended with 1\. It wrote:\none\n$/);
  });
  await t.step("what is waited for and does not come is told as soon as all has ended", async () => {
    await using shell = start("echo one >&2\n");
    await assert.rejects(shell.says(/two/), /ended without saying \/two\/\. It wrote:\none\n/);
  });
  await t.step("what was waited for before does not count again", async () => {
    await using shell = start("echo one; sleep 0.2; echo one again\n");
    await shell.says(/one/);
    await shell.says(/one again/);
    await assert.rejects(shell.says(/one/), /ended without/);
  });
  await t.step("a process that has left its session is found and ended", async () => {
    const shell = start("setsid sleep 300 >/dev/null 2>&1 </dev/null & echo $!\n");
    const [pid] = await shell.says(/\d+/);
    await assert.rejects(shell.ends(1_000, 1_000), /nothing is left running: not within/);
    await shell[Symbol.asyncDispose]();
    await assert.rejects(Deno.stat(`/proc/${pid}`));
  });
  await t.step("a terminal asks, and returns the exit code", async () => {
    await using shell = start(
      '[[ -t 0 && -t 1 ]]; read -r -p "Name? " name; echo "Hello $name."; exit 3\n',
      true,
    );
    await shell.answers(/Name\?/, "Ada");
    await shell.says(/Hello Ada\./);
    assert.equal(await shell.ends(), 3);
  });
});
