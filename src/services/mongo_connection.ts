import type { Db, MongoClient, MongoClientOptions } from "mongodb";
import type { ServiceKind } from "./service_kind.ts";

/** How long MongoDB stays connected when nothing uses it. A call in progress does not. */
const MONGO_IDLE_MS = 60_000;
/** The database when the URI names none. */
const DEFAULT_DATABASE = "slimline";

/**
 * Small and impatient: a caller is waiting, and what must not be lost waits on disk. The driver's own defaults are 100
 * connections, 30 s to find a server, and no limit to waiting for a connection or an answer.
 */
const OPTIONS: MongoClientOptions = {
  appName: "slimline",
  maxPoolSize: 8,
  minPoolSize: 0,
  maxConnecting: 2,
  maxIdleTimeMS: 30_000,
  waitQueueTimeoutMS: 2_000,
  serverSelectionTimeoutMS: 3_000,
  connectTimeoutMS: 3_000,
  socketTimeoutMS: 10_000,
  // Without a second connection for watching the server.
  serverMonitoringMode: "poll",
};

/** The one client of the process, connected. */
export interface MongoConnection {
  /** The database of the URI. */
  readonly database: Db;
  readonly client: MongoClient;
  /** Sockets of its pools that are open; those that watch the servers are not among them. */
  readonly openConnections: number;
}

/** MongoDB at `uri` as a service that all businesses share. Its driver is loaded with the first use. */
export function mongoConnection(
  uri: string,
  idleMs: number = MONGO_IDLE_MS,
): ServiceKind<MongoConnection> {
  return {
    name: "mongodb",
    idleMs,
    async create() {
      const { MongoClient } = await import("mongodb");
      const client = new MongoClient(uri, OPTIONS);
      const connections = new OpenConnections(client);
      try {
        await client.connect();
      } catch (error) {
        await client.close();
        throw error;
      }
      return {
        client,
        database: client.db(databaseOf(uri)),
        get openConnections() {
          return connections.count;
        },
      };
    },
    close: ({ client }) => client.close(),
    measure: ({ openConnections }) => ({ connections: openConnections }),
  };
}

/** The open connections of a client, by what its pools tell (CMAP events). One that never became ready tells no end. */
class OpenConnections {
  readonly #ready = new Set<string>();

  constructor(client: MongoClient) {
    client.on(
      "connectionReady",
      ({ address, connectionId }) => this.#ready.add(`${address} ${connectionId}`),
    );
    client.on(
      "connectionClosed",
      ({ address, connectionId }) => this.#ready.delete(`${address} ${connectionId}`),
    );
  }

  get count(): number {
    return this.#ready.size;
  }
}

/** A URI may list several hosts, which no URL can. */
function databaseOf(uri: string): string {
  const path = /^mongodb(?:\+srv)?:\/\/[^/]*\/([^?]*)/.exec(uri)?.[1];
  return path ? decodeURIComponent(path) : DEFAULT_DATABASE;
}
