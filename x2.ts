import { ReadingApart } from "./src/knowledge/readers/reading_apart.ts";
import { cutIntoChunks } from "./src/knowledge/chunker.ts";
using reading = new ReadingApart();
const pw = Deno.env.get("PW");
for (const f of Deno.args) {
  const t = performance.now();
  const ms = () => Math.round(performance.now() - t) + " ms " + (Deno.memoryUsage().rss >> 20) + " MB";
  try {
    const d = await reading.read(f.split("/").pop()!, Deno.readFileSync(f), { password: pw });
    const t1 = performance.now();
    const chunks = [...cutIntoChunks(f, d.sections)];
    console.log(
      `##### ${f}`,
      JSON.stringify(d.parts),
      JSON.stringify(d.notes),
      d.sections.length,
      chunks.length,
      ms(),
      "cut",
      Math.round(performance.now() - t1),
    );
    for (const c of chunks.slice(0, Number(Deno.env.get("N") ?? 8))) {
      console.log(`--- [${c.heading}] ${c.text.length}\n${c.text}`);
    }
  } catch (e) {
    console.log(`##### ${f} FAILED`, (e as Error).message, ms());
  }
}
