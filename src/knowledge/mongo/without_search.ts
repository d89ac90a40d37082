/** Error codes of servers that have no vector search: by stage, by command, and of versions that know neither. */
const CODES: readonly unknown[] = [31082, 6047401, 40324, 59, 115, 238];
const NAMES: readonly unknown[] = [
  "SearchNotEnabled",
  "CommandNotFound",
  "NotImplemented",
  "CommandNotSupported",
];
const WORDS = /vectorSearch|SearchNotEnabled|createSearchIndexes|listSearchIndexes/;

/**
 * Whether an error says that the server has no vector search, which it will not have a moment later either. By the codes of
 * MongoDB community servers (31082 `SearchNotEnabled`, 6047401, 40324 and 59), of servers that speak its protocol (115, 238),
 * and by the message where an older server has another code.
 */
export function saysNoSearch(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "MongoServerError") return false;
  const { code, codeName } = error as Error & { code?: unknown; codeName?: unknown };
  return CODES.includes(code) || NAMES.includes(codeName) || WORDS.test(error.message);
}
