import { run } from "./src/cli/commands.ts";
import { LAB_COMMANDS } from "./src/lab/lab_commands.ts";

let code = 1;
try {
  code = await run(Deno.args, LAB_COMMANDS);
} catch (error) {
  console.error(error); // a server takes note of what nobody caught and goes on: this must end it all the same
}
Deno.exit(code);
