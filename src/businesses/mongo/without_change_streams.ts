/**
 * By code: a server that stands alone (40573), versions that do not know the stage or the command (40324, 59), and servers
 * that speak MongoDB's protocol and leave it out (115 `CommandNotSupported`, 238 `NotImplemented`, as FerretDB 1.24 does).
 */
const CODES: readonly unknown[] = [40573, 40324, 59, 115, 238];

/** Whether an error says that the server has no change streams, which it will not have a moment later either. */
export function saysNoChangeStreams(error: unknown): boolean {
  return error instanceof Error && error.name === "MongoServerError" && "code" in error &&
    CODES.includes(error.code);
}
