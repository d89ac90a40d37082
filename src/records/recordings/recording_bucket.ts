import type { Db, GridFSBucket, GridFSBucketOptions } from "mongodb";
import { MAX_RECORDINGS, MAX_RECORDINGS_BYTES, type RecordingStore } from "./recording_store.ts";

/** The bucket's collections are `recordings.files` and `recordings.chunks`. */
const BUCKET = "recordings";
const MAX_TIME_MS = 5_000;

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
    const file = await this.#files.findOne({ _id: sid }, { maxTimeMS: MAX_TIME_MS });
    if (!file) return undefined;
    const bytes = new Uint8Array(file.length);
    let at = 0;
    for await (const chunk of this.#bucket.openDownloadStream(sid as never)) {
      bytes.set(chunk as Uint8Array, at);
      at += (chunk as Uint8Array).length;
    }
    return bytes;
  }

  async deleteExpired(nowMs: number): Promise<number> {
    const due = this.#files.find(
      { "metadata.expiresAt": { $lte: new Date(nowMs) } },
      { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS },
    );
    let deleted = 0;
    for (const { _id } of await due.toArray()) {
      await this.#remove(_id);
      deleted++;
    }
    return deleted;
  }

  get #files() {
    return this.#database.collection<RecordingDocument>(`${BUCKET}.files`);
  }

  /** The pieces first: those of an upload that was broken off have no file. */
  async #remove(sid: string): Promise<void> {
    await this.#files.deleteOne({ _id: sid });
    await this.#database.collection<{ files_id: string }>(`${BUCKET}.chunks`).deleteMany({ files_id: sid });
  }

  async #hasRoom(bytes: number): Promise<boolean> {
    const [used] = await this.#files.aggregate<{ files: number; bytes: number }>([
      { $group: { _id: null, files: { $sum: 1 }, bytes: { $sum: "$length" } } },
    ], { maxTimeMS: MAX_TIME_MS }).toArray();
    return !used || (used.files < MAX_RECORDINGS && used.bytes + bytes <= MAX_RECORDINGS_BYTES);
  }
}
