/** Differs between processes, so that ids of two emulators are not mixed up in a log. */
const PROCESS = Math.floor(Math.random() * 36 ** 6).toString(36).padStart(6, "0");
let count = 0;

/** A new id such as `item_k2x0q9000000001f`: unique in the process, and in the order of creation. */
export function newId(prefix: "event" | "sess" | "conv" | "item" | "resp" | "call"): string {
  return `${prefix}_${PROCESS}${(++count).toString(36).padStart(10, "0")}`;
}
