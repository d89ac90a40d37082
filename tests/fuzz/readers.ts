import { DOCUMENT_READERS } from "./document_readers.ts";
import { FILE_READERS } from "./file_readers.ts";
import type { Fuzzed } from "./fuzzed.ts";
import { LAB_READERS } from "./lab_readers.ts";
import { MODEL_READERS } from "./model_readers.ts";
import { RECORD_READERS } from "./record_readers.ts";
import { REQUEST_READERS } from "./request_readers.ts";
import { STREAM_READERS } from "./stream_readers.ts";

/** Every reader of what others write, by what it reads. */
export const FUZZED: Readonly<Record<string, () => Fuzzed | Promise<Fuzzed>>> = {
  ...STREAM_READERS,
  ...MODEL_READERS,
  ...REQUEST_READERS,
  ...FILE_READERS,
  ...RECORD_READERS,
  ...DOCUMENT_READERS,
  ...LAB_READERS,
};
