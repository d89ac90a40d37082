// Makes src/knowledge/readers/cmaps_data.ts: the CMaps of pdf.js that PDFs in Chinese, Japanese and Korean name and do not
// hold (PDF 32000-1, 9.7.5.2), and those of each collection that lead to Unicode. unpdf's pdf.js comes without them.
//
// Usage: npm pack pdfjs-dist@VERSION; tar xzf pdfjs-dist-VERSION.tgz; deno run -A build/cmaps.ts package/cmaps

const [folder] = Deno.args;
/** In no PDF: those of other ways to write Unicode. */
const LEFT_OUT = /UTF(?:8|32)/;

const names = Deno.readDirSync(folder).map(({ name }) => name).filter((name) =>
  name.endsWith(".bcmap") && !LEFT_OUT.test(name)
).toArray().sort();
const index = names.map((name) => [name, Deno.statSync(`${folder}/${name}`).size]);
const parts = [
  new TextEncoder().encode(`${JSON.stringify(index)}\n`),
  ...names.map((name) => Deno.readFileSync(`${folder}/${name}`)),
];
const packed = new Blob(parts as Uint8Array<ArrayBuffer>[]).stream().pipeThrough(
  new CompressionStream("deflate-raw"),
);
const data = new Uint8Array(await new Response(packed).arrayBuffer());
const text =
  `// Made by build/cmaps.ts of pdf.js (Adobe's CMap resources, BSD licence). Names and lengths, a line feed, the files; deflated.
export const CMAPS = "${btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""))}";
`;
Deno.writeTextFileSync("src/knowledge/readers/cmaps_data.ts", text);
