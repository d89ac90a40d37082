import type { Collection, MongoClient } from "mongodb";
import { LiveBusinesses } from "../../../src/businesses/live_businesses.ts";
import { businessSource } from "../../../src/services/shared_services.ts";
import { type SharedServices, sharedServices } from "../../../src/services/shared_services.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import type { MongoServer } from "../../support/mongo/mongo_server.ts";
import { RecordingLog } from "../../support/recording_log.ts";
import { LEAST } from "../../businesses/business_files.ts";
import { eventually } from "../../support/eventually.ts";

/** A business's document. */
export interface BusinessDocument {
  _id: string;
  [field: string]: unknown;
}

/** Ample time for a database that ends and starts. */
const WAIT_MS = 60_000;

/** Businesses that are followed in the collection `businesses` of a test's server, whose time passes while one waits. */
export class CollectionRig implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly services: SharedServices & AsyncDisposable;
  readonly live: Promise<LiveBusinesses>;
  readonly #client: MongoClient;

  constructor(server: MongoServer, readonly collection = "businesses") {
    this.#client = server.client();
    // Time does not pass for it: whether services are idle is not what is tested.
    this.services = sharedServices({ mongodbUri: server.uri }, new ManualClock(), this.log);
    this.live = this.#open();
    this.live.catch(() => {}); // for the test to see
  }

  /** The collection, by a connection of the test's own. */
  get documents(): Collection<BusinessDocument> {
    return this.#client.db().collection(this.collection);
  }

  /** Puts a document of {@link LEAST} and `content` in the place of the one with this `_id`. */
  async write(_id: string, content: Record<string, unknown> = {}): Promise<void> {
    await this.documents.replaceOne({ _id }, { ...LEAST, ...content }, { upsert: true });
  }

  /** Lets time pass until something is so. */
  async until(what: string, isTrue: () => boolean): Promise<void> {
    await eventually(what, () => {
      this.clock.advance(1_000);
      return isTrue();
    }, WAIT_MS);
  }

  /** How often something was logged. */
  count(event: string): number {
    return this.log.names.filter((name) => name === event).length;
  }

  /** What the log says of documents that are not good, and has not said before. */
  takeInvalid(): string[] {
    const events = this.log.events.splice(0).filter(({ event }) => event === "business_invalid");
    return events.map(({ attributes: { file, path, problem, stillServes } }) =>
      `${file}: ${path} ${problem}${stillServes ? " (still serves)" : ""}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const live = await this.live.catch(() => undefined);
    live?.[Symbol.dispose]();
    await live?.reload(); // which is no more than the end of a reading that goes on
    await this.services[Symbol.asyncDispose]();
    await this.#client.close();
  }

  async #open(): Promise<LiveBusinesses> {
    const { clock, log, services } = this;
    const source = await businessSource({
      config: { businesses: { in: "collection", name: this.collection } },
      services,
      secrets: (name) => name === "BUSINESS_SET" ? "value" : undefined,
      clock,
      log,
    });
    return await LiveBusinesses.open({ source, clock, log });
  }
}
