// A worker that reads documents, one after the other: see reading_apart.ts.

import { AppError } from "../../util/errors.ts";
import type { ReadAnswer, ReadRequest } from "./reading_apart.ts";
import { readDocument } from "./read_document.ts";

/**
 * What Deno gives a worker. Its own types for that (`deno.worker`) cannot be in one check with those of the
 * main thread.
 */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ReadRequest>) => void) | null;
  postMessage(answer: ReadAnswer): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data: { name, bytes, options } }) => {
  try {
    scope.postMessage({ document: await readDocument(name, bytes, options) });
  } catch (error) {
    const { code, message } = error instanceof AppError
      ? error
      : { code: "document_unreadable", message: `${name} cannot be read: ${error}` };
    scope.postMessage({ problem: { code, message } });
  }
};
