// What `deno task serve` runs, once bundled: `serve` without the other commands, whose code a server would hold in memory.

import { runProgram } from "../src/cli/run_program.ts";
import { serve } from "../src/cli/serve.ts";
import { warnOfOldRuntime } from "../src/cli/version.ts";

await runProgram(() => {
  warnOfOldRuntime();
  const [first, ...rest] = Deno.args;
  return serve(first === "serve" ? rest : Deno.args);
});
