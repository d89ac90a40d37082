import assert from "node:assert/strict";
import project from "../../deno.json" with { type: "json" };
import { MALLOC_ENV, selfAs } from "../../src/cli/self.ts";

/** Finds the hosts that the server may reach. */
const NET = "NET=$(deno task --quiet network) && ";

Deno.test("A server gets the same allocator settings from a task, a container, the unit in deploy/, and the commands that start one", async () => {
  const wanted = Object.entries(MALLOC_ENV).map(([name, value]) => `${name}=${value}`);
  assert.deepEqual((await selfAs("server")).env, MALLOC_ENV);
  assert.deepEqual((await selfAs("helper")).env, {});
  for (const task of [project.tasks.serve.command, project.tasks.workers.command]) {
    assert.ok(task.replace(NET, "").startsWith(`${wanted.join(" ")} deno run `), task);
  }
  assert.ok((await Deno.readTextFile("Dockerfile")).includes(`ENV ${wanted.join(" ")}\n`));
  assert.ok(
    (await Deno.readTextFile("deploy/slimline.service")).includes(`\nEnvironment=${wanted.join(" ")}\n`),
  );
});

Deno.test("A server is started with the flags of its task", async () => {
  const flagsOf = (args: string[]) => args.filter((arg) => arg.startsWith("--")).sort();
  const { args } = await selfAs("server", { flags: ["--allow-net=$NET"] });
  assert.ok(project.tasks.serve.command.startsWith(NET));
  const [command] = project.tasks.serve.command.slice(NET.length).split(" $("); // what follows makes the bundle
  const wanted = flagsOf([...command.replaceAll('"', "").split(" "), "--unstable-net"]);
  assert.deepEqual(flagsOf(args), wanted);
});
