// A server that keeps the records of its calls where you want them: here, a JSON file for each call.
//
//   PUBLIC_URL=https://voice.example.com OPENAI_API_KEY=sk-… TWILIO_AUTH_TOKEN=… \
//     deno run --permission-set=server examples/own_record_store.ts

import {
  type CallRecord,
  createServer,
  loadConfig,
  mergeRecords,
  type RecordStore,
  type Spent,
} from "../src/mod.ts";

/** Fit for some thousand calls: it reads every file to add them up. */
class FolderStore implements RecordStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    Deno.mkdirSync(folder, { recursive: true });
  }

  async put(record: CallRecord): Promise<CallRecord> {
    const merged = mergeRecords(await this.#read(record.callSid), record);
    const path = `${this.#folder}/${record.callSid}.json`;
    await Deno.writeTextFile(`${path}.new`, JSON.stringify(merged));
    await Deno.rename(`${path}.new`, path); // a file is there whole, or not at all
    return merged;
  }

  async get(callSid: string): Promise<CallRecord | undefined> {
    const record = await this.#read(callSid);
    return record && !isDue(record, Date.now()) ? record : undefined;
  }

  async spent(business: string, fromMs: number, untilMs: number): Promise<Spent> {
    let [durationMs, costUsd] = [0, 0];
    for await (const record of this.#all()) {
      const endedMs = Date.parse(record.endedAt);
      if (record.business !== business || endedMs < fromMs || endedMs >= untilMs) continue;
      durationMs += record.durationMs;
      costUsd += record.costUsd ?? 0;
    }
    return { durationMs, costUsd };
  }

  async deleteExpired(nowMs: number): Promise<number> {
    let deleted = 0;
    for await (const record of this.#all()) {
      if (!isDue(record, nowMs)) continue;
      await Deno.remove(`${this.#folder}/${record.callSid}.json`);
      deleted++;
    }
    return deleted;
  }

  async #read(callSid: string): Promise<CallRecord | undefined> {
    if (!/^CA[0-9a-f]{32}$/i.test(callSid)) return undefined; // it becomes part of a path
    try {
      return JSON.parse(await Deno.readTextFile(`${this.#folder}/${callSid}.json`));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  async *#all(): AsyncGenerator<CallRecord> {
    for await (const { name } of Deno.readDir(this.#folder)) {
      const record = await this.#read(name.replace(/\.json$/, ""));
      if (record) yield record;
    }
  }
}

function isDue({ expiresAt }: CallRecord, nowMs: number): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs;
}

const config = loadConfig();
await using server = await createServer({ config, records: new FolderStore(`${config.dataDir}/calls`) });
const http = Deno.serve({ port: config.port, hostname: config.host }, server.fetch);

Deno.addSignalListener("SIGTERM", async () => {
  await server.drain();
  await http.shutdown();
});
await http.finished;
