import assert from "node:assert/strict";
import { readLines } from "../../src/util/read_lines.ts";
import { muLawEncode } from "../../src/audio/mulaw_buffers.ts";
import { eventually } from "../support/eventually.ts";
import { PageLine } from "../support/page_line.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { killProcess } from "../support/kill_process.ts";

const START_MS = 60_000;
const TOKEN = "a test's operators' token";

/** `slimline try` as a process of its own, with the simulated model and one business. */
class TryProcess implements AsyncDisposable {
  /** The address that it has printed. */
  readonly page: Promise<URL>;
  /** What it has printed. */
  out = "";
  readonly #child: Deno.ChildProcess;
  readonly #done: Promise<unknown>;

  constructor(folder: string, env: Record<string, string> = {}, flags: readonly string[] = []) {
    this.#child = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--permission-set=server",
        `--allow-read=${folder}`,
        "main.ts",
        "try",
        "--no-open",
        "--port",
        "0",
        ...flags,
      ],
      env: { BUSINESSES: folder, DATA_DIR: `${folder}/data`, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const page = Promise.withResolvers<URL>();
    this.page = page.promise;
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const line of readLines(stream)) {
        this.out += `${line}\n`;
        const url = /^Talk to it here: (http\S+)$/.exec(line)?.[1];
        if (url) page.resolve(new URL(url));
      }
    };
    this.#done = Promise.all([read(this.#child.stdout), read(this.#child.stderr)]).then(() =>
      page.reject(new Error(this.out))
    );
    page.promise.catch(() => {}); // a test of a start that fails looks at the end alone
  }

  /** Ends it as Ctrl-C does. Resolves with its exit code. */
  async stop(): Promise<number> {
    this.#child.kill("SIGINT");
    return await this.ended();
  }

  async ended(): Promise<number> {
    await this.#done;
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killProcess(this.#child, "SIGKILL");
    await this.ended();
  }
}

async function businessFolder(): Promise<TempFolder> {
  const folder = new TempFolder();
  const acme = { name: "Acme", numbers: ["+15550100100"], instructions: "Be brief." };
  await Deno.writeTextFile(`${folder.path}/acme.json`, JSON.stringify(acme));
  return folder;
}

/** The first line of what a server answers to a request with any headers whatever. */
async function answerTo(port: number, path: string, headers: Record<string, string>): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = Object.entries({ ...headers, Connection: "close" }).map(([name, value]) =>
    `${name}: ${value}`
  );
  await connection.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`));
  const bytes = new Uint8Array(1_000);
  const count = await connection.read(bytes);
  return new TextDecoder().decode(bytes.subarray(0, count ?? 0)).split("\r\n")[0];
}

Deno.test("slimline try lets this machine talk to the agent without signing in, keeps nothing, and ends on Ctrl-C", async () => {
  using folder = await businessFolder();
  await using tried = new TryProcess(folder.path, {}, ["--business", "acme"]);
  const page = await tried.page;
  assert.equal(page.search, "?business=acme");
  const shown = await fetch(page);
  const html = await shown.text();
  assert.equal(shown.status, 200);
  assert.match(html, /Talk to the agent/);
  assert.match(html, /"id":"acme","name":"Acme","number":"\+15550100100"/);
  assert.match(html, /A simulated model/);
  const line = await PageLine.open(page.origin, {});
  line.call("acme");
  assert.match(await line.placed, /^CA[0-9a-f]{32}$/);
  line.say(muLawEncode(Int16Array.from({ length: 8_000 }, (_, at) => 8_000 * Math.sin(at / 3))));
  await eventually("something is heard", () => line.heardBytes > 8_000, START_MS);
  line.hangUp();
  assert.equal((await line.over).by, "caller");
  assert.equal(await tried.stop(), 0, tried.out);
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  assert.ok(!names.includes("data") || [...Deno.readDirSync(`${folder.path}/data`)].length === 0, `${names}`);
});

Deno.test("slimline try answers this machine alone: nothing that is passed on, and no page of another site", async () => {
  using folder = await businessFolder();
  await using tried = new TryProcess(folder.path);
  const { port: text } = await tried.page;
  const port = Number(text);
  const here = { Host: `localhost:${port}` };
  const paths = ["/dashboard/telephone", "/dashboard", "/dashboard/telephone/worklet.js"];
  for (const path of paths) assert.match(await answerTo(port, path, here), / 200 /, path);
  for (
    const headers of [
      { Host: "elsewhere.example" }, // a name that its owner has led to this machine
      { ...here, "X-Forwarded-For": "203.0.113.1" },
      { ...here, Forwarded: "for=203.0.113.1" },
      { ...here, Origin: "https://elsewhere.example" },
    ]
  ) {
    for (const path of [...paths, "/dashboard/telephone/line"]) {
      assert.match(await answerTo(port, path, headers), / 40[13] /, `${path} ${JSON.stringify(headers)}`);
    }
  }
  // It listens on loopback only, as the kernel has it: address and port in hexadecimal, no peer, state LISTEN.
  const { stdout } = await new Deno.Command("cat", { args: ["/proc/net/tcp"] }).output();
  const listening = new TextDecoder().decode(stdout);
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  assert.match(listening, new RegExp(` 0100007F:${hex} 00000000:0000 0A `));
});

Deno.test("slimline try with ADMIN_TOKEN asks for it, and leads to the telephone", async () => {
  using folder = await businessFolder();
  await using tried = new TryProcess(folder.path, { ADMIN_TOKEN: TOKEN }, ["--business", "acme"]);
  const page = await tried.page;
  const form = await fetch(page);
  assert.equal(form.status, 401);
  const place = /name="place" value="([^"]+)"/.exec(await form.text())?.[1];
  assert.equal(place, "/dashboard/telephone?business=acme");
  const login = await fetch(`${page.origin}/dashboard/login`, {
    method: "POST",
    body: new URLSearchParams({ token: TOKEN, place }),
    redirect: "manual",
  });
  await login.body?.cancel();
  assert.equal(login.headers.get("location"), place);
  const cookie = login.headers.get("set-cookie")!.split(";")[0];
  const shown = await fetch(page, { headers: { cookie } });
  assert.equal(shown.status, 200);
  assert.match(await shown.text(), /Log out/);
  const line = await PageLine.open(page.origin, { cookie });
  line.call("acme");
  await line.placed;
  line.hangUp();
  await line.over;
  assert.equal(await tried.stop(), 0, tried.out);
});

Deno.test("slimline try names the businesses that there are when it is given another", async () => {
  using folder = await businessFolder();
  await using tried = new TryProcess(folder.path, {}, ["--business", "rosa"]);
  assert.equal(await tried.ended(), 2);
  assert.match(tried.out, /There is no business rosa; there are: acme\./);
});
