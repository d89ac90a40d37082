import { run } from "./src/cli/commands.ts";
import { LAB_COMMANDS } from "./src/lab/lab_commands.ts";

Deno.exit(await run(Deno.args, LAB_COMMANDS));
