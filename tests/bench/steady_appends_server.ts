// `slimline serve` whose appends stay at 20 ms whatever the load, to tell what larger ones save and cost:
//
//   deno task capacity --server tests/bench/steady_appends_server.ts
//   deno task capacity --server build/serve_entry.ts
//
// The second is the same program as it ships; both are run from their sources, which takes 9 MB more than the bundle.

import { AppendSize } from "../../src/call/append_size.ts";

AppendSize.prototype.update = () => {};
await import("../../build/serve_entry.ts");
