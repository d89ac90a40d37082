import assert from "node:assert/strict";
import { BusinessFolder } from "../businesses/folder.ts";
import { LogReader } from "../support/serve_process.ts";

const ENV = {
  HOST: "127.0.0.1",
  PORT: "0",
  PUBLIC_URL: "https://voice.example.com",
  OPENAI_API_KEY: "sk-test",
  TWILIO_AUTH_TOKEN: "a test's auth token",
  BUSINESS_TOKEN: "hunter2",
};

/** `slimline serve` as a process of its own, with the server's permissions and the folder's. */
function spawn(folder: string, env: Record<string, string> = {}): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--permission-set=server",
      `--allow-read=${folder}`,
      "main.ts",
      "serve",
    ],
    env: { ...ENV, BUSINESSES: folder, ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

Deno.test("slimline serve reads business files with their secrets, and again at SIGHUP", async () => {
  await using folder = await BusinessFolder.create();
  const headers = { authorization: "Bearer ${BUSINESS_TOKEN}" };
  const http = [{ name: "t", description: "x", url: "https://x.example", headers }];
  await folder.write("a.json", { numbers: ["+15550100001"], tools: { http } });
  await folder.write("b.json", { numbers: ["+15550100002"], voice: "hunter2 " });
  const child = spawn(folder.path);
  await using log = new LogReader(child.stderr);
  try {
    await log.until(/"listening"/);
    assert.match(log.text, /"business_invalid","file":"b\.json","path":"voice"/);
    assert.match(log.text, /"businesses_loaded".*"businesses":1/);
    child.kill("SIGHUP");
    await log.until(/"businesses_loaded"[^]*"businesses_loaded"/);
    assert.doesNotMatch(log.text, /hunter2/);
  } finally {
    child.kill("SIGTERM");
    await log.until(/"stopped"/);
  }
  assert.equal((await child.status).code, 0);
});

Deno.test("slimline serve refuses to start when all business files are bad, and tells why", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("a.json", { voice: "no voice" });
  const { code, stderr } = await spawn(folder.path).output();
  assert.equal(code, 2);
  assert.match(
    new TextDecoder().decode(stderr),
    /No business in .* can serve:\n {2}a\.json: voice must be the name of a voice/,
  );
});

Deno.test("slimline serve tells what is wrong with the variables and with the business files at once", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("a.json", { voice: "no voice" });
  const { code, stderr } = await spawn(folder.path, { PORT: "eighty", OPENAI_API_KEY: "" }).output();
  assert.equal(code, 2);
  const text = new TextDecoder().decode(stderr);
  assert.match(
    text,
    /^The configuration has 2 problems:\n {2}PORT must be .*\n {2}OPENAI_API_KEY is missing/,
  );
  assert.match(
    text,
    /\nThe businesses in .* have problems:\n(.*\n)* {2}a\.json: voice must be the name of a voice/,
  );
  assert.match(text, /\n\nnpx -y deno task init NAME asks for what is missing, and writes \.env\.\n/);
});
