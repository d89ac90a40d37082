// What `deno task serve` runs, once bundled: `serve` without the other commands, whose code a server would hold in memory.

import { runProgram } from "../src/cli/run_program.ts";
import { serve } from "../src/cli/serve.ts";
import { warnOfOldRuntime } from "../src/cli/version.ts";
import { loadTelephone } from "../src/lab/telephone/load_telephone.ts";

await runProgram(Deno.args, async () => {
  warnOfOldRuntime();
  const [first, ...rest] = Deno.args;
  // What --workers asks before it starts them.
  if (first === "network") return await (await import("../src/cli/named_hosts.ts")).network(rest);
  return await serve(first === "serve" ? rest : Deno.args, loadTelephone);
});
