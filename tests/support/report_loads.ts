// Preloaded into a process of its own (`deno run --preload`), this writes each module that the process loads to standard
// output, one URL a line.

import { registerHooks } from "node:module";

registerHooks({
  load(url, context, next) {
    console.log(url);
    return next(url, context);
  },
});
