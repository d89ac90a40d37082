// `deno task kernel` compiles the AssemblyScript in src/audio/kernel/assembly to kernel.wasm, and writes the same bytes as a
// module, kernel_wasm.ts. `deno task kernel --check` writes nothing and fails when either committed file
// differs.
//
// The program loads the module: text in a module needs no read permission, and goes through `deno compile`
// and any bundler unchanged, in old versions too. kernel.wasm is there for people and their tools.

import asc from "assemblyscript/asc";
import { encodeBase64 } from "../src/audio/base64.ts";

const KERNEL = new URL("../src/audio/kernel/", import.meta.url);

const OPTIONS = [
  "--runtime",
  "stub",
  "-O3",
  "--converge",
  "--noAssert",
  "--enable",
  "simd",
  "--initialMemory",
  "2",
];
const CHARACTERS_A_LINE = 96;

const wasm = await compile();
const outputs: [name: string, bytes: Uint8Array][] = [
  ["kernel.wasm", wasm],
  ["kernel_wasm.ts", new TextEncoder().encode(asModule(wasm))],
];
const isCheck = Deno.args.includes("--check");
let differing = 0;
for (const [name, bytes] of outputs) {
  const url = new URL(name, KERNEL);
  if (!isCheck) {
    Deno.writeFileSync(url, bytes);
    console.log(`${name}: ${bytes.length} bytes`);
  } else if (!isEqual(Deno.readFileSync(url), bytes)) {
    console.error(`${name} is not what its source compiles to: run deno task kernel and commit the result.`);
    differing++;
  }
}
if (isCheck && differing === 0) console.log("The committed kernel is what its source compiles to.");
Deno.exit(differing === 0 ? 0 : 1);

/** @throws {Error} with the compiler's messages */
async function compile(): Promise<Uint8Array> {
  let output: Uint8Array | undefined;
  const { error, stderr } = await asc.main(["index.ts", "--outFile", "kernel.wasm", ...OPTIONS], {
    readFile: readSource,
    writeFile: (_name: string, contents: Uint8Array | string) => {
      if (contents instanceof Uint8Array) output = contents;
    },
    listFiles: () => [],
  });
  if (error || output === undefined) {
    throw new Error(`The kernel does not compile.\n${stderr}`, { cause: error });
  }
  return output;
}

/** The compiler asks for names that may not exist. */
function readSource(name: string): string | null {
  try {
    return Deno.readTextFileSync(new URL(`assembly/${name}`, KERNEL));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function asModule(bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(new RegExp(`.{1,${CHARACTERS_A_LINE}}`, "g")) ?? [];
  const text = lines.map((line) => `  "${line}"`).join(" +\n");
  return `// Made by \`deno task kernel\` from assembly/: do not edit.\n\n` +
    `/** kernel.wasm in base64. */\nexport const KERNEL_WASM_BASE64 =\n${
      text.trimStart().replace(/^/, "  ")
    };\n`;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
