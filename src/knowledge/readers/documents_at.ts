import { AppError, messageOf } from "../../util/errors.ts";
import { fileBelow, isPlainName } from "../../util/file_below.ts";
import type { IngestSource } from "../ingest_documents.ts";
import type { ReadDocument, ReadOptions } from "./document_text.ts";
import {
  documentTooLarge,
  isDocument,
  MAX_READ_BYTES,
  readDocument,
  unknownFormat,
} from "./read_document.ts";

/** Most documents of one business. */
const MAX_DOCUMENTS = 10_000;

/** How documents are read. */
export interface DocumentsOptions extends ReadOptions {
  /** Default: in this thread, without bounds of time and memory. */
  readonly read?: (
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: ReadOptions,
  ) => Promise<ReadDocument>;
}

/** What paths lead to. */
export interface FoundDocuments {
  /** Those that cannot be read are among them; their `read` says why. */
  readonly sources: readonly IngestSource[];
  /** Files below the folders whose kind is not read. */
  readonly unread: readonly string[];
  /** False: a path could not be looked into, so that there may be documents that are not among these. */
  readonly isComplete: boolean;
}

/**
 * The documents that paths name. A file is called by its own name, a file below a folder by its path from
 * there; so a run from elsewhere calls them the same.
 *
 * @param paths files and folders
 * @throws {AppError} `documents_same_name`, `documents_too_many`; when no path leads to a document of a kind
 *   that is read `documents_none`, or what is wrong with the first: `documents_missing`,
 *   `document_unknown_format`
 */
export async function documentsAt(
  paths: readonly string[],
  { read: readWith = readDocument, ...options }: DocumentsOptions = {},
): Promise<FoundDocuments> {
  const documents = new Map<string, IngestSource>();
  const unread: string[] = [];
  const problems: AppError[] = [];
  for (const path of paths) {
    for await (const { name, path: file, problem } of filesAt(path)) {
      if (problem !== undefined) problems.push(problem);
      else if (file === undefined) unread.push(name);
      if (problem === undefined && file === undefined) continue;
      if (documents.has(name)) {
        const message = `Two documents are called ${name}; each needs a name of its own.`;
        throw new AppError("documents_same_name", message);
      }
      if (documents.size >= MAX_DOCUMENTS) {
        throw new AppError("documents_too_many", `More than ${MAX_DOCUMENTS} documents.`);
      }
      const read = async () => {
        if (file === undefined) throw problem;
        return await readWith(name, await bytesOf(name, file), options);
      };
      documents.set(name, { name, read });
    }
  }
  if (documents.size === problems.length) {
    throw problems[0] ?? new AppError("documents_none", "There is no document that can be read.");
  }
  return {
    sources: [...documents.values()].sort((a, b) => a.name < b.name ? -1 : 1),
    unread: unread.sort(),
    isComplete: !problems.some(({ code }) => code === "documents_missing"),
  };
}

/** @throws {AppError} `document_too_large`, before it is in memory; `document_unreadable`, `file_outside` */
async function bytesOf(name: string, file: NonNullable<FoundFile["path"]>): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const path = await file();
    const { size } = await Deno.stat(path);
    if (size > MAX_READ_BYTES) throw documentTooLarge(size);
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("document_unreadable", `${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

interface FoundFile {
  readonly name: string;
  /** Its path, once that is known to be where it may be; undefined: it is not read. */
  readonly path?: () => Promise<string> | string;
  /** Why it cannot be. */
  readonly problem?: AppError;
}

async function* filesAt(path: string): AsyncGenerator<FoundFile> {
  const folder = path.replace(/\/+$/, "") || "/";
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  try {
    const { isDirectory } = await stat(path);
    if (isDirectory) return yield* filesBelow(folder, folder, "");
    if (!isDocument(name)) throw unknownFormat(name);
    yield { name: plain(name), path: () => path };
  } catch (problem) {
    if (!(problem instanceof AppError)) throw problem;
    yield { name: isPlainName(name) ? name : JSON.stringify(name), problem };
  }
}

/**
 * Files below `folder`. Links count as long as they lead to files below `root`, the folder that was named.
 */
async function* filesBelow(root: string, folder: string, prefix: string): AsyncGenerator<FoundFile> {
  for (const { name, isDirectory } of await entriesOf(folder)) {
    if (name.startsWith(".")) continue;
    if (!isPlainName(name)) yield { name: prefix + JSON.stringify(name), problem: badName(name) };
    else if (isDirectory) yield* folderBelow(root, `${folder}/${name}`, `${prefix}${name}/`);
    else if (isDocument(name)) yield { name: prefix + name, path: () => fileBelow(root, prefix + name) };
    else yield { name: prefix + name };
  }
}

/** A folder that cannot be looked into costs none of the files beside it. */
async function* folderBelow(root: string, folder: string, prefix: string): AsyncGenerator<FoundFile> {
  try {
    yield* filesBelow(root, folder, prefix);
  } catch (problem) {
    if (!(problem instanceof AppError)) throw problem;
    yield { name: prefix, problem };
  }
}

/** @throws {AppError} `documents_missing` */
async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (cause) {
    throw new AppError("documents_missing", `${folder} cannot be looked into: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function plain(name: string): string {
  if (isPlainName(name)) return name;
  throw badName(name);
}

function badName(name: string): AppError {
  const message = `${JSON.stringify(name)} has characters that no document's name may have.`;
  return new AppError("documents_bad_name", message);
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
    throw new AppError("documents_missing", `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
