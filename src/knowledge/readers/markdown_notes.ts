import { MarkdownFences } from "./markdown_fences.ts";

const DEFINITION = /^ {0,3}\[\^([^\]\s]{1,100})\]:[ \t]*(.*)$/;
const REFERENCE = /\[\^([^\]\s]{1,100})\](?!:)/g;
/** A longer note stands below the first paragraph alone that refers to it. */
const MAX_REPEATED_CHARS = 300;

/**
 * Lines of Markdown with each footnote below the paragraph that refers to it: far away from it, in another
 * passage, what it restricts would be taken for the whole truth.
 */
export function notesBelow(lines: readonly string[]): readonly string[] {
  const { rest, notes } = withoutNotes(lines);
  if (notes.size === 0) return lines;
  const written = new Set<string>();
  const below: string[] = [];
  let due = new Set<string>();
  const fences = new MarkdownFences();
  const write = () => {
    for (const id of due) {
      const note = notes.get(id);
      if (note === undefined) continue;
      if (!written.has(id) || note.length <= MAX_REPEATED_CHARS) below.push(`[^${id}]: ${note}`, "");
      written.add(id);
    }
    due = new Set();
  };
  for (const line of rest) {
    const isFenced = fences.take(line);
    if (line.trim() === "" && !isFenced && due.size > 0) {
      below.push("");
      write();
      continue;
    }
    below.push(line);
    if (isFenced) continue;
    for (const [, id] of line.matchAll(REFERENCE)) if (notes.has(id)) due.add(id);
    if (/^ {0,3}#/.test(line) && due.size > 0) {
      below.push("");
      write();
    }
  }
  due = due.union(new Set(notes.keys()).difference(written));
  below.push("");
  write();
  return below;
}

/** The lines without the notes, and the notes by their names; a note goes on in lines that are indented. */
function withoutNotes(lines: readonly string[]): { rest: string[]; notes: Map<string, string> } {
  const rest: string[] = [];
  const notes = new Map<string, string>();
  let id: string | undefined;
  const fences = new MarkdownFences();
  for (const line of lines) {
    const isFenced = fences.take(line);
    const [, name, text = ""] = isFenced ? [] : DEFINITION.exec(line) ?? [];
    if (name !== undefined && !notes.has(name)) {
      id = name;
      notes.set(name, text.trim());
    } else if (id !== undefined && !isFenced && /^(?: {4}|\t)\S/.test(line)) {
      notes.set(id, `${notes.get(id)} ${line.trim()}`.trim());
    } else {
      id = undefined;
      rest.push(line);
    }
  }
  return { rest, notes };
}
