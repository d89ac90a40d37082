import assert from "node:assert/strict";
import { TempFolder } from "../support/temp_folder.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Runs the program in a folder, with nothing in its environment but what is given. */
async function slimline(folder: TempFolder, args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--allow-all", MAIN, ...args],
    cwd: folder.path,
    env,
    clearEnv: false,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout).trim(), err: decoder.decode(stderr).trim() };
}

Deno.test("Commands read .env in the folder that they are started in, and the environment goes before it", async () => {
  using folder = new TempFolder();
  folder.write(".env", "PORT=81\nOPENAI_REALTIME_URL=wss://a.example/v1\n");
  const ofFile = await slimline(folder, ["network"]);
  assert.match(ofFile.out, /\ba\.example:443\b/, ofFile.err);
  assert.match(ofFile.out, /0\.0\.0\.0:81\b/);
  const both = await slimline(folder, ["network"], { PORT: "82" });
  assert.match(both.out, /0\.0\.0\.0:82\b/);
  assert.match(both.out, /\ba\.example:443\b/);
  // An empty value of the environment counts, too: as not set.
  const emptied = await slimline(folder, ["network"], { OPENAI_REALTIME_URL: "" });
  assert.doesNotMatch(emptied.out, /a\.example/);
});

Deno.test("A .env that cannot be used ends every command with 2, and shows no value", async () => {
  using folder = new TempFolder();
  folder.write(".env", "PORT=81\nOPENAI_API_KEY sk-secret\n");
  const { code, out, err } = await slimline(folder, ["serve"]);
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.match(err, /^slimline: \.env, line 2: NAME=VALUE is wanted/);
  assert.doesNotMatch(err, /sk-secret/);
});

Deno.test("Workers have the .env of their supervisor, and read none themselves", async () => {
  using folder = new TempFolder();
  folder.write(".env", "OPENAI_API_KEY sk-secret\n");
  const { code, err } = await slimline(folder, ["serve", "--worker", "--insecure"], {
    HOST: "127.0.0.1",
    PUBLIC_URL: "https://voice.example.com",
    OPENAI_API_KEY: "none",
  });
  assert.equal(code, 2);
  assert.match(err, /is for slimline serve --workers N to start/); // and not: line 1
});

Deno.test("A server with several workers runs by what its supervisor has read of .env", async () => {
  using folder = new TempFolder();
  folder.write(
    ".env",
    "HOST=127.0.0.1\nPORT=0\nPUBLIC_URL=https://voice.example.com\nOPENAI_API_KEY=none\nLOG_FORMAT=json\n",
  );
  const server = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--allow-all", MAIN, "serve", "--insecure", "--workers", "2"],
    cwd: folder.path,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  const listening = Promise.withResolvers<void>();
  const read = server.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({
      write(text) {
        log += text;
        if (!log.includes('"workers_listening"')) return;
        // What is written later is nobody's: a worker that is started again does not read it either.
        folder.write(".env", "nonsense that no command would take\n");
        listening.resolve();
      },
      close: () => listening.reject(new Error(log)),
    }),
  );
  await listening.promise;
  server.kill("SIGTERM");
  assert.equal((await server.status).code, 0, log);
  await read;
  assert.equal(log.match(/"event":"stopped"/g)?.length, 2, log);
});

Deno.test("A .env sends no key of the environment's to a host of its own choice", async () => {
  using folder = new TempFolder();
  const run = async (file: string, env: Record<string, string>) => {
    folder.write(".env", file);
    const { code, out, err } = await slimline(folder, ["network"], env);
    assert.doesNotMatch(out + err, /sk-mine/);
    return { code, err, reaches: out.includes("evil.example") };
  };
  const key = { OPENAI_API_KEY: "sk-mine" };
  const token = { TWILIO_AUTH_TOKEN: "sk-mine".repeat(5).slice(0, 32) };
  const stray: [file: string, env: Record<string, string>][] = [
    ["OPENAI_BASE_URL=https://evil.example/v1", key],
    ["OPENAI_REALTIME_URL=wss://evil.example/v1", key],
    ["OPENAI_API_KEY=sk-bait\nOPENAI_REALTIME_URL=wss://evil.example/v1", key],
    ["OPENAI_BASE_URL=https://openai.com.evil.example/v1", key],
    ["OPENAI_BASE_URL=http://api.openai.com/v1", key],
    ["TWILIO_API_URL=https://api.twilio.com,https://evil.example", token],
    ["EMBEDDING_BASE_URL=https://evil.example/v1", { EMBEDDING_API_KEY: "sk-mine" }],
  ];
  for (const [file, env] of stray) {
    const { code, err, reaches } = await run(file, env);
    assert.deepEqual([code, reaches], [2, false], file);
    assert.match(err, /^slimline: \.env says by [A-Z_]+ where [A-Z_]+ is sent/, file);
  }
  const url = "OPENAI_BASE_URL=https://evil.example/v1";
  const wanted: [file: string, env: Record<string, string>][] = [
    [`${url}\nOPENAI_API_KEY=sk-own`, {}],
    [`${url}\nOPENAI_API_KEY=sk-mine`, key],
    [url, { ...key, OPENAI_BASE_URL: "https://evil.example/v1" }],
    ["OPENAI_REALTIME_URL=ws://127.0.0.1:9/v1", key],
    ["TWILIO_API_URL=https://api.dublin.ie1.twilio.com", token],
  ];
  for (const [file, env] of wanted) assert.equal((await run(file, env)).code, 0, file);
});
