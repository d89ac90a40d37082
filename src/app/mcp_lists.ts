import type { ServerEvent } from "../model/events.ts";

/** What OpenAI says of the MCP servers of one session: it asks each for its tools, as it does in a call. */
export class McpLists {
  /** Whether the tools of each server were listed, by its label; undefined: not yet. */
  readonly settled = new Map<string, boolean | undefined>();
  /** Resolves once all are settled. */
  readonly done: Promise<void>;
  readonly #resolve: () => void;
  /** Labels by the ids of their items. */
  readonly #items = new Map<string, string>();

  constructor(labels: readonly string[]) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#resolve = resolve;
    for (const label of labels) this.settled.set(label, undefined);
    this.#look();
  }

  event(event: ServerEvent): void {
    if (event.type === "mcp_list_tools.failed") return this.#settle(this.#items.get(event.item_id), false);
    if (event.type !== "conversation.item.added" && event.type !== "conversation.item.done") return;
    const { type, id, server_label: label } = event.item as {
      type?: string;
      id?: string;
      server_label?: unknown;
    };
    if (type !== "mcp_list_tools" || typeof id !== "string" || typeof label !== "string") return;
    if (this.settled.has(label)) this.#items.set(id, label);
    if (event.type === "conversation.item.done") this.#settle(this.#items.get(id), true);
  }

  #settle(label: string | undefined, isListed: boolean): void {
    if (label !== undefined) this.settled.set(label, isListed);
    this.#look();
  }

  #look(): void {
    if ([...this.settled.values()].every((isListed) => isListed !== undefined)) this.#resolve();
  }
}
