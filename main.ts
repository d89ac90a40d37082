import { run } from "./src/cli/commands.ts";
import { runProgram } from "./src/cli/run_program.ts";
import { LAB_COMMANDS, loadTelephone } from "./src/lab/lab_commands.ts";

await runProgram(Deno.args, () => run(Deno.args, LAB_COMMANDS, { telephone: loadTelephone }));
