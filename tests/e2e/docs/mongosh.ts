import { MongoClient } from "mongodb";

// As much of mongosh as the pages use: `mongosh URI --eval CODE`, which prints what the code's promise resolves to.

const [uri, option, code] = Deno.args;
if (option !== "--eval" || code === undefined) throw new Error("Usage: mongosh URI --eval CODE");
await using client = new MongoClient(uri, { serverSelectionTimeoutMS: 10_000 });
const db = client.db();
const named = new Proxy(db, { get: (_, name) => db.collection(String(name)) });
console.log(await new Function("db", `return ${code}`)(named));
