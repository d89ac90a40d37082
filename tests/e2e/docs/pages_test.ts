import assert from "node:assert/strict";
import { commandsOf, readBlocks } from "./pages.ts";

const PAGE = `# A page

\`\`\`sh
# first a comment
slimline serve --port 80   # and one behind it
slimline call \\
  --calls 5
\`\`\`

1. A list:

   \`\`\`bash
   echo "# of no comment"
     echo indented
   \`\`\`

\`\`\`json
{ "sh": "\`\`\`" }
\`\`\`
`;

Deno.test("readBlocks finds what is typed into a shell, in lists too, with its line", () => {
  assert.deepEqual(readBlocks("page.md", PAGE).map(({ line, first, text }) => [line, first, text]), [
    [
      5,
      "slimline serve --port 80",
      "# first a comment\nslimline serve --port 80   # and one behind it\nslimline call \\\n  --calls 5\n",
    ],
    [13, 'echo "# of no comment"', 'echo "# of no comment"\n  echo indented\n'],
  ]);
});

Deno.test("commandsOf joins what goes on in the next line, and leaves out comments", () => {
  assert.deepEqual(commandsOf(readBlocks("page.md", PAGE)[0]), [
    "slimline serve --port 80",
    "slimline call --calls 5",
  ]);
});
