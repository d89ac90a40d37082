import { run } from "./src/cli/commands.ts";

Deno.exit(await run(Deno.args));
