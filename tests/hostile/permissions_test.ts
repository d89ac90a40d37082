// Somebody gets code to run within the server. What it tries is refused by the runtime, each time.

import assert from "node:assert/strict";
import { executablePermissions } from "../../build/permissions.ts";
import { probe } from "./probe.ts";

/** What such code would try, each by its own means. */
const PROBE = `
const attempts = {
  "run cat": () => new Deno.Command("cat", { args: ["/etc/passwd"] }).outputSync(),
  "run sh": () => new Deno.Command("sh", { args: ["-c", "id"] }).outputSync(),
  "run bash by node": () => process.getBuiltinModule("node:child_process").execFileSync("/bin/bash", ["-c", "id"]),
  "run deno": () => new Deno.Command(Deno.execPath(), { args: ["eval", "1"] }).outputSync(),
  "run itself": () => new Deno.Command("/proc/self/exe", { args: ["--version"] }).outputSync(),
  "load a library": () => Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", { getpid: { parameters: [], result: "i32" } }),
  "read passwords": () => Deno.readTextFileSync("/etc/passwd"),
  "read .env": () => Deno.readTextFileSync(".env"),
  "read its own environment": () => Deno.readTextFileSync("/proc/self/environ"),
  "read the program": () => Deno.readTextFileSync("main.ts"),
  "write the program": () => Deno.openSync("main.ts", { append: true }).close(),
  "write a business": () => Deno.writeTextFileSync("businesses/evil.json", "{}"),
  "write to /tmp": () => Deno.writeTextFileSync("/tmp/evil", ""),
  "link out of the data": () => Deno.symlinkSync("/etc", "data/evil"),
  "read PATH": () => Deno.env.get("PATH"),
  "read another's key": () => Deno.env.get("AWS_SECRET_ACCESS_KEY"),
  "read all variables": () => Deno.env.toObject(),
  "set a variable": () => Deno.env.set("LD_PRELOAD", "/tmp/evil.so"),
  "ask the machine's name": () => Deno.hostname(),
  "ask its networks": () => Deno.networkInterfaces(),
  "signal a process": () => Deno.kill(1, "SIGTERM"),
  "ask the cloud for keys": () => fetch("http://169.254.169.254/latest/meta-data/"),
  "ask the cloud by IPv6": () => fetch("http://[::ffff:169.254.169.254]/latest/meta-data/"),
};
`;

/** What a server does before it listens. */
const drop = (isExecutable: boolean) => `
import { dropPermissions } from "${new URL("../../src/cli/serve/drop_permissions.ts", import.meta.url)}";
await dropPermissions({ dataDir: Deno.cwd() + "/data/", businesses: { in: "folder", path: "businesses" } }, { isExecutable: ${isExecutable} });
`;

Deno.test("Code in a server run by deno can run, load, read, write and ask for nothing that the server does not need", async () => {
  assert.deepEqual(await probe(["--permission-set=server"], PROBE, drop(false)), []);
});

Deno.test("Code in the executable's server can do no more, once it has given up what other commands need", async () => {
  assert.deepEqual(await probe(executablePermissions(), PROBE, drop(true)), []);
});

Deno.test("The executable may run itself, and no other program", () => {
  assert.deepEqual(executablePermissions().filter((flag) => /run|ffi|all$/.test(flag)), [
    "--allow-run=/proc/self/exe",
  ]);
});
