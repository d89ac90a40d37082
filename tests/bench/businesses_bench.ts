// `deno task bench:businesses`: what a thousand businesses cost a server that is at rest, against one that has one: time to
// listen, and memory. Each in a process of its own, in turn.

import { OPERATORS_TOKEN, ServeProcess } from "../support/serve_process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { thousandBusinesses } from "../businesses/thousand_businesses.ts";

const ROUNDS = 3;
/** V8 gives back what loading has used once nothing happens any more. */
const AT_REST_MS = 20_000;

interface Figures {
  readonly startMs: number;
  readonly rssAnon: number;
  readonly heapUsed: number;
}

/** @param businesses text of each file by its name */
async function measure(businesses: ReadonlyMap<string, string>): Promise<Figures> {
  using folder = new TempFolder();
  for (const [name, text] of businesses) folder.write(name, text);
  const startedMs = performance.now();
  const { server, port } = await ServeProcess.start({
    folder: folder.path,
    env: {
      PUBLIC_URL: "https://voice.example.com",
      OPENAI_API_KEY: "sk-bench",
      TWILIO_AUTH_TOKEN: "a bench's auth token",
      DATA_DIR: `${folder.path}/data`,
    },
  });
  await using _ = server;
  const startMs = performance.now() - startedMs;
  await new Promise((resolve) => setTimeout(resolve, AT_REST_MS));
  const { rssAnon, heapUsed } = await (await fetch(`http://127.0.0.1:${port}/memory`, {
    headers: { authorization: `Bearer ${OPERATORS_TOKEN}` },
  })).json();
  return { startMs, rssAnon, heapUsed };
}

const thousand = thousandBusinesses();
const [one, all]: [Figures[], Figures[]] = [[], []];
for (let round = 0; round < ROUNDS; round++) {
  one.push(await measure(new Map([...thousand].slice(0, 1))));
  all.push(await measure(thousand));
}

/** The median without and with them. */
function medians(figure: keyof Figures): [number, number] {
  const median = (figures: Figures[]) =>
    figures.map((each) => each[figure]).toSorted((a, b) => a - b)[figures.length >> 1];
  return [median(one), median(all)];
}

const [startOne, startAll] = medians("startMs");
console.log(
  `listening after ${startOne.toFixed(0)} ms with 1, ${startAll.toFixed(0)} ms with ${thousand.size}`,
);
for (const [name, figure] of [["V8's heap", "heapUsed"], ["anonymous memory", "rssAnon"]] as const) {
  const [before, after] = medians(figure);
  const each = (after - before) / (thousand.size - 1) / 1024;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  console.log(`${name}: ${megabytes(before)} and ${megabytes(after)} MB, ${each.toFixed(1)} KB a business`);
}
