import type { Db, GridFSBucket, GridFSBucketOptions } from "mongodb";
import { type QueryBounds, readDocuments, readOne } from "../../util/bounded_reads.ts";
import {
  MAX_RECORDING_BYTES,
  MAX_RECORDINGS,
  MAX_RECORDINGS_BYTES,
  type RecordingStore,
} from "./recording_store.ts";

/** The bucket's collections are `recordings.files` and `recordings.chunks`. */
const BUCKET = "recordings";
const MAX_TIME_MS = 5_000;
/** Of a recording: GridFS cuts it into pieces of 255 KiB. */
const PIECES: QueryBounds = { documents: 2 * Math.ceil(MAX_RECORDING_BYTES / (255 * 1_024)), ms: 10_000 };
/** Those that are due to be deleted. */
const DUE: QueryBounds = { documents: MAX_RECORDINGS, ms: 10_000 };

/** What stands beside a recording. */
interface RecordingDocument {
  readonly _id: string;
  readonly length: number;
  readonly metadata: { readonly expiresAt: Date };
}

/** Recordings in MongoDB, by GridFS. */
export class RecordingBucket implements RecordingStore {
  readonly #database: Db;
  readonly #bucket: GridFSBucket;

  private constructor(database: Db, bucket: GridFSBucket) {
    this.#database = database;
    this.#bucket = bucket;
  }

  /** @throws when the database cannot be reached */
  static async open(database: Db): Promise<RecordingBucket> {
    const { GridFSBucket } = await import("mongodb");
    const options: GridFSBucketOptions = { bucketName: BUCKET, writeConcern: { w: "majority" } };
    const opened = new RecordingBucket(database, new GridFSBucket(database, options));
    await opened.#files.createIndex({ "metadata.expiresAt": 1 });
    return opened;
  }

  async put(sid: string, bytes: Uint8Array<ArrayBuffer>, expiresAt: string): Promise<boolean> {
    await this.#remove(sid);
    if (!await this.#hasRoom(bytes.length)) return false;
    // GridFS takes any id, whatever its types say.
    const upload = this.#bucket.openUploadStreamWithId(sid as never, `${sid}.wav`, {
      metadata: { expiresAt: new Date(expiresAt) },
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    upload.on("finish", resolve);
    upload.on("error", reject);
    upload.end(bytes);
    await promise;
    return true;
  }

  async get(sid: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const file = await readOne(MAX_TIME_MS, (options) => this.#files.findOne({ _id: sid }, options));
    if (!file) return undefined;
    if (file.length > MAX_RECORDING_BYTES) throw new RangeError(`The recording ${sid} is too long.`);
    const bytes = new Uint8Array(file.length);
    let at = 0;
    const pieces = readDocuments<Uint8Array>(PIECES, () => this.#bucket.openDownloadStream(sid as never));
    for await (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  async deleteExpired(nowMs: number): Promise<number> {
    const filter = { "metadata.expiresAt": { $lte: new Date(nowMs) } };
    const projection = { _id: 1 };
    const due = readDocuments(DUE, (options) => this.#files.find(filter, { ...options, projection }));
    let deleted = 0;
    for (const { _id } of await Array.fromAsync(due)) {
      await this.#remove(_id);
      deleted++;
    }
    return deleted;
  }

  get #files() {
    return this.#database.collection<RecordingDocument>(`${BUCKET}.files`);
  }

  /** The pieces first: without their file nobody would find those that a broken removal leaves. */
  async #remove(sid: string): Promise<void> {
    await this.#database.collection<{ files_id: string }>(`${BUCKET}.chunks`).deleteMany({ files_id: sid });
    await this.#files.deleteOne({ _id: sid });
  }

  async #hasRoom(bytes: number): Promise<boolean> {
    const sums = readDocuments(
      { documents: 1, ms: MAX_TIME_MS },
      (options) =>
        this.#files.aggregate<{ files: number; bytes: number }>([
          { $group: { _id: null, files: { $sum: 1 }, bytes: { $sum: "$length" } } },
        ], options),
    );
    const [used] = await Array.fromAsync(sums);
    return !used || (used.files < MAX_RECORDINGS && used.bytes + bytes <= MAX_RECORDINGS_BYTES);
  }
}
