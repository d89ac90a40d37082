// `slimline serve` whose appends stay as they are whatever the load, to tell what larger ones save and cost: 20 ms, or what
// APPEND_MS says where it may be read, as for `deno task bench:peers`.
//
//   deno task capacity --server tests/bench/steady_appends_server.ts
//   deno task capacity --server build/serve_entry.ts
//
// The second is the same program as it ships; both are run from their sources, which takes 9 MB more than the bundle.

import { AppendSize, LEAST_APPEND_MS } from "../../src/call/append_size.ts";

const NAME = "APPEND_MS";
const { state } = await Deno.permissions.query({ name: "env", variable: NAME });
const ms = state === "granted" ? Number(Deno.env.get(NAME) ?? LEAST_APPEND_MS) : LEAST_APPEND_MS;
AppendSize.prototype.update = function () {
  this.ms = ms;
};
await import("../../build/serve_entry.ts");
