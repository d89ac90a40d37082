import assert from "node:assert/strict";
import { commandsOf, readBlocks, readHead } from "./pages.ts";

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

Deno.test("readHead finds what is indented in the first comment of a file, and a command that goes on", () => {
  const file =
    "// A server.\n//\n//   A=1 \\\n//     deno run a.ts   # now\n//   echo\n//\n// Or:\n//   b\n\n//   not c\n";
  assert.deepEqual(readHead("a.ts", file).map(({ line, first, text }) => [line, first, text]), [
    [3, "A=1 deno run a.ts", "A=1 \\\n  deno run a.ts   # now\necho\n"],
    [8, "b", "b\n"],
  ]);
});
