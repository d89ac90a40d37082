import assert from "node:assert/strict";

/** Packages that are loaded when they are first needed, and not before. */
const HEAVY =
  /^(?!.*\/src\/).*\/(?:@alexanderolsen\/libsamplerate-js|mongodb|bson|openai|pdfjs-dist|unpdf)[@/]/;

/** The dashboard's own code, its page included; not what loads it with the first request. */
const DASHBOARD = /\/src\/http\/dashboard\/(?!lazy_dashboard\.ts$)/;

const ENV = {
  HOST: "127.0.0.1",
  PORT: "0",
  PUBLIC_URL: "https://voice.example.com",
  OPENAI_API_KEY: "sk-test",
  TWILIO_AUTH_TOKEN: "a test's auth token",
};

/** The modules that a server has loaded by the time it listens and is then stopped: as the loader itself reports them. */
async function loadedByServer(env: Record<string, string>): Promise<string[]> {
  const server = new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--permission-set=server",
      "--preload=tests/support/report_loads.ts",
      "main.ts",
      "serve",
    ],
    env: { ...ENV, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let log = "";
  const listening = Promise.withResolvers<void>();
  const logRead = server.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({
      write(text) {
        log += text;
        if (log.includes('"listening"')) listening.resolve();
      },
      close: () => listening.reject(new Error(log)),
    }),
  );
  const output = new Response(server.stdout).text();
  await listening.promise;
  server.kill("SIGTERM");
  const [text] = await Promise.all([output, logRead]);
  assert.equal((await server.status).code, 0, log);
  return text.split("\n").filter((line) => line !== "");
}

Deno.test("An idle server without MongoDB has loaded neither mongodb nor openai nor libsamplerate, nor the dashboard", async () => {
  const modules = await loadedByServer({});
  assert.ok(modules.some((url) => url.endsWith("/src/app/app.ts")), "the loader reports");
  assert.deepEqual(modules.filter((url) => HEAVY.test(url) || DASHBOARD.test(url)), []);
});

Deno.test("A server that is told to use libsamplerate has loaded it, and no other heavy package", async () => {
  const modules = await loadedByServer({ RESAMPLER: "libsamplerate-linear" });
  const heavy = modules.filter((url) => HEAVY.test(url));
  assert.ok(heavy.length > 0);
  assert.deepEqual(heavy.filter((url) => !url.includes("libsamplerate")), []);
});
