import { AppError } from "../../util/errors.ts";
import { fileBelow, isPlainName } from "../../util/file_below.ts";
import type { IngestSource } from "../ingest_documents.ts";
import { isDocument, readSections } from "./read_sections.ts";

/** Most documents of one business. */
const MAX_DOCUMENTS = 10_000;

/**
 * The documents that paths name. A file is called by its own name, a file below a folder by its path from there; so a run from
 * elsewhere calls them the same.
 *
 * @param paths files, whatever their format, and folders, of which only what can be read is taken
 * @throws {AppError} `documents_missing`, `documents_none`, `documents_same_name`, `documents_too_many`, `documents_bad_name`, `file_outside`
 */
export async function documentsAt(paths: readonly string[]): Promise<IngestSource[]> {
  const documents = new Map<string, IngestSource>();
  for (const path of paths) {
    for await (const { name, path: file } of filesAt(path)) {
      if (documents.has(name)) {
        const message = `Two documents are called ${name}; each needs a name of its own.`;
        throw new AppError("documents_same_name", message);
      }
      if (documents.size >= MAX_DOCUMENTS) {
        throw new AppError("documents_too_many", `More than ${MAX_DOCUMENTS} documents.`);
      }
      documents.set(name, { name, read: async () => await readSections(name, await Deno.readFile(file)) });
    }
  }
  if (documents.size === 0) throw new AppError("documents_none", "There is no document that can be read.");
  return [...documents.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

interface FoundFile {
  readonly name: string;
  readonly path: string;
}

async function* filesAt(path: string): AsyncGenerator<FoundFile> {
  const { isDirectory } = await stat(path);
  const folder = path.replace(/\/+$/, "") || "/";
  if (isDirectory) return yield* filesBelow(folder, folder, "");
  yield { name: plain(path.slice(path.lastIndexOf("/") + 1)), path };
}

/** Files below `folder`. Links count as long as they lead to files below `root`, the folder that was named. */
async function* filesBelow(root: string, folder: string, prefix: string): AsyncGenerator<FoundFile> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.startsWith(".")) continue;
    if (isDirectory) yield* filesBelow(root, `${folder}/${name}`, `${prefix}${plain(name)}/`);
    else if (isDocument(name)) {
      yield { name: prefix + plain(name), path: await fileBelow(root, prefix + name) };
    }
  }
}

function plain(name: string): string {
  if (isPlainName(name)) return name;
  const message = `${JSON.stringify(name)} has characters that no document's name may have.`;
  throw new AppError("documents_bad_name", message);
}

async function stat(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new AppError("documents_missing", `${path} is not there.`, { cause });
    }
    if (cause instanceof Deno.errors.NotCapable) {
      const message = `${path} may not be read: the executable reads below the folder that it is started in.`;
      throw new AppError("documents_missing", message, { cause });
    }
    throw cause;
  }
}
