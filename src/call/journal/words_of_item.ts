/** What the model says in an item, as far as the item has it. Nothing of an item is checked for it. */
export function wordsOfItem(item: unknown): string {
  const { type, role, content } = item as { type?: unknown; role?: unknown; content?: unknown };
  if (type !== "message" || role !== "assistant" || !Array.isArray(content)) return "";
  const texts = content.flatMap((part) => typeof part?.transcript === "string" ? part.transcript : []);
  return texts.join(" ").trim();
}
