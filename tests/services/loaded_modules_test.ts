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

/**
 * Everything that an idle server holds, by packages and folders, and how many modules and KiB of their code (without
 * comments) that is at most. What is added here takes memory of every server, whether it is used or not: load it on first
 * use instead, or raise the bound knowingly.
 */
const MAY_HOLD = {
  packages: ["@cfworker/json-schema", "valibot"],
  folders: [
    "admission",
    "app",
    "audio",
    "businesses",
    "call",
    "carrier",
    "cli",
    "cluster",
    "config",
    "egress",
    "http",
    "knowledge",
    "lab",
    "model",
    "observability",
    "records",
    "services",
    "util",
  ],
  modules: 319,
  kib: 1_040,
};

Deno.test("An idle server holds what is named here, and no more", async () => {
  const urls = await loadedByServer({});
  const named = (pattern: RegExp) => [...new Set(urls.flatMap((url) => pattern.exec(url)?.[1] ?? []))].sort();
  assert.deepEqual(named(/^npm:((?:@[^/]+\/)?[^@/]+)@/), MAY_HOLD.packages);
  assert.deepEqual(named(/\/src\/(\w+)\//), MAY_HOLD.folders);
  assert.deepEqual(
    urls.filter((url) => /\/src\/lab\//.test(url)).map((url) => url.replace(/.*\/src\//, "")).sort(),
    ["lab/lab_commands.ts", "lab/telephone/load_telephone.ts"],
  );
  const ours = urls.filter((url) => /\/src\//.test(url));
  assert.ok(ours.length <= MAY_HOLD.modules, `${ours.length} modules`);
  const code = await Promise.all(ours.map((url) => Deno.readTextFile(new URL(url))));
  const bytes = code.reduce((sum, text) => sum + text.replaceAll(COMMENTS, "").length, 0);
  assert.ok(bytes <= 1024 * MAY_HOLD.kib, `${Math.ceil(bytes / 1024)} KiB`);
});

/** Comments in lines of their own, roughly. */
const COMMENTS = /^\s*(?:\/\/.*|\/\*[\s\S]*?\*\/)\n/gm;

Deno.test("A server that is told to use libsamplerate has loaded it, and no other heavy package", async () => {
  const modules = await loadedByServer({ RESAMPLER: "libsamplerate-linear" });
  const heavy = modules.filter((url) => HEAVY.test(url));
  assert.ok(heavy.length > 0);
  assert.deepEqual(heavy.filter((url) => !url.includes("libsamplerate")), []);
});
