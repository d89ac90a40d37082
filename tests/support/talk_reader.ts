import type { TalkChange, TalkEntry, TurnWait } from "../../src/observability/reports/call_talk.ts";
import { eventually } from "./eventually.ts";

/** Follows a call's talk as a page does. */
export class TalkReader {
  entries: TalkEntry[] = [];
  turns: TurnWait[] = [];
  isOver = false;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #done: Promise<void>;

  static async open(url: string, headers: Record<string, string>): Promise<TalkReader> {
    const { body, status } = await fetch(url, { headers });
    if (status !== 200) throw new Error(`${url} answered ${status}`);
    return new TalkReader(body!.pipeThrough(new TextDecoderStream()).getReader());
  }

  private constructor(reader: ReadableStreamDefaultReader<string>) {
    this.#reader = reader;
    this.#done = this.#read();
  }

  until(holds: (entries: readonly TalkEntry[]) => boolean): Promise<void> {
    return eventually("the talk has come so far", () => holds(this.entries));
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
    await this.#done;
  }

  async #read(): Promise<void> {
    let text = "";
    while (true) {
      const { value, done } = await this.#reader.read();
      if (done) return;
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        this.#take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  }

  #take(message: string): void {
    const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(message)!;
    if (event === "over") this.isOver = true;
    if (event !== "talk") return;
    const { from, entries, turns }: TalkChange = JSON.parse(data);
    this.entries = [...this.entries.slice(0, from), ...entries];
    this.turns.push(...turns);
  }
}
