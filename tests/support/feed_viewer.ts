import assert from "node:assert/strict";

/** A viewer of a stream of server-sent events, who reads when told to. */
export class FeedViewer<Data> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  /** @param stream undefined when no more may look: this throws then */
  constructor(stream: ReadableStream<Uint8Array> | undefined) {
    assert.ok(stream, "one more may look");
    this.#reader = stream.getReader();
  }

  /** The next message, as its event and data. */
  async next(): Promise<[event: string, data: Data]> {
    const { value } = await this.#reader.read();
    const [, event, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(new TextDecoder().decode(value))!;
    return [event, JSON.parse(data)];
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }

  get ended(): Promise<void> {
    return this.#reader.closed;
  }
}
