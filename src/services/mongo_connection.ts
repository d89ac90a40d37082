import type { Db, MongoClient, MongoClientOptions } from "mongodb";
import type { ServiceKind } from "./service_kind.ts";

/** How long MongoDB stays connected when nothing uses it. A call in progress does not. */
const MONGO_IDLE_MS = 60_000;
/** The database when the URI names none. */
const DEFAULT_DATABASE = "slimline";

/**
 * Few connections and short time-outs: a caller is waiting, and what must not be lost is on disk. The
 * driver's own defaults are 100 connections, 30 s to find a server, and no limit to waiting for a connection
 * or an answer.
 */
const OPTIONS: MongoClientOptions = {
  appName: "slimline",
  maxPoolSize: 16,
  minPoolSize: 0,
  maxConnecting: 2,
  maxIdleTimeMS: 30_000,
  waitQueueTimeoutMS: 2_000,
  serverSelectionTimeoutMS: 3_000,
  connectTimeoutMS: 3_000,
  socketTimeoutMS: 10_000,
  // Without a second connection to monitor the server.
  serverMonitoringMode: "poll",
};

/** The one client of the process, connected. */
export interface MongoConnection {
  /** The database of the URI. */
  readonly database: Db;
  readonly client: MongoClient;
  /** Open sockets of its pools, without those that monitor the servers. */
  readonly openConnections: number;
}

/** MongoDB at `uri` as a service that all businesses share. The first use loads its driver. */
export function mongoConnection(
  uri: string,
  idleMs: number = MONGO_IDLE_MS,
): ServiceKind<MongoConnection> {
  return {
    name: "mongodb",
    idleMs,
    async create() {
      const { MongoClient } = await import("mongodb");
      const { boundAnswers } = await import("./mongo_answers.ts");
      boundAnswers();
      const client = new MongoClient(uri, OPTIONS);
      const connections = openConnections(client);
      try {
        await client.connect();
      } catch (error) {
        await client.close();
        throw error;
      }
      return {
        client,
        database: client.db(databaseName(uri)),
        get openConnections() {
          return connections.size;
        },
      };
    },
    close: ({ client }) => client.close(),
    measure: ({ openConnections }) => ({ connections: openConnections }),
  };
}

/**
 * The open connections of a client, by the events of its pools (CMAP). One that never became ready reports no
 * end.
 */
function openConnections(client: MongoClient): ReadonlySet<string> {
  const open = new Set<string>();
  client.on("connectionReady", ({ address, connectionId }) => open.add(`${address} ${connectionId}`));
  client.on("connectionClosed", ({ address, connectionId }) => open.delete(`${address} ${connectionId}`));
  return open;
}

/** By a pattern: a URI may list several hosts, which `URL` does not parse. */
function databaseName(uri: string): string {
  const path = /^mongodb(?:\+srv)?:\/\/[^/]*\/([^?]*)/.exec(uri)?.[1];
  return path ? decodeURIComponent(path) : DEFAULT_DATABASE;
}
