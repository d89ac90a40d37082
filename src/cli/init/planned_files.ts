import { AppError, messageOf } from "../../util/errors.ts";
import { replaceText } from "../../util/durable_files.ts";
import { PRIVATE_FILE } from "../../util/private_files.ts";

/** A file that is to be written. */
export interface PlannedFile {
  readonly path: string;
  readonly text: string;
  /** As it may be shown; default the text. */
  readonly shown?: string;
  /** Only its owner may read it. Default false. */
  readonly isPrivate?: boolean;
  /** What becomes of one that is there already, without `--force`. `replace`: nothing of it gets lost. */
  readonly ifThere: "refuse" | "keep" | "replace";
}

/** A file, and what is to happen with it. */
export interface FileStep {
  readonly file: PlannedFile;
  readonly step: "write" | "replace" | "keep";
}

/**
 * What is to happen with each file. Looks, and writes nothing.
 *
 * @param force replaces what is there
 * @throws {AppError} `file_exists` when one may not be replaced
 */
export async function planFiles(files: readonly PlannedFile[], force: boolean): Promise<FileStep[]> {
  const steps: FileStep[] = [];
  const refused: string[] = [];
  for (const file of files) {
    const before = await readIfThere(file.path);
    if (before === undefined) steps.push({ file, step: "write" });
    else if (before === file.text) steps.push({ file, step: "keep" });
    else if (force || file.ifThere === "replace") steps.push({ file, step: "replace" });
    else if (file.ifThere === "keep") steps.push({ file, step: "keep" });
    else refused.push(file.path);
  }
  if (refused.length === 0) return steps;
  throw new AppError(
    "file_exists",
    `${refused.join(" and ")} ${refused.length === 1 ? "is" : "are"} there already; --force replaces ` +
      `${refused.length === 1 ? "it" : "them"}, or choose another name. Nothing was written.`,
  );
}

/** Writes the files. @throws {AppError} `file_unwritable` */
export async function writeFiles(steps: readonly FileStep[]): Promise<void> {
  for (const { file: { path, text, isPrivate = false }, step } of steps) {
    if (step === "keep") continue;
    try {
      if (path.includes("/")) await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      const mode = isPrivate ? PRIVATE_FILE.mode : undefined;
      if (step === "replace") await replaceText(path, text, mode);
      else await Deno.writeTextFile(path, text, { createNew: true, mode });
    } catch (error) {
      throw new AppError("file_unwritable", `${path} cannot be written: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

/** The text of a file; undefined where there is none. @throws {AppError} `file_unwritable` */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new AppError("file_unwritable", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
