import assert from "node:assert/strict";
import { type LoadArgs, runLoadCommand } from "../../../src/lab/load/load_command.ts";
import { captureConsole } from "../../support/capture_console.ts";
import { TempFolder } from "../../support/temp_folder.ts";

/** Runs a command that finds out a number. */
async function measured(files: Pick<LoadArgs, "json" | "svg">, measure: () => number) {
  const args = { rounds: 1, format: "pcm24k", resampler: "polyphase", ...files };
  return await captureConsole(() =>
    runLoadCommand({
      name: "soak",
      parse: () => args,
      measure: () => Promise.resolve(measure()),
      describe: (found) => `found ${found}`,
      chart: (found) => `<svg>${found}</svg>`,
      jsonIndent: 0,
      isGood: (found) => found > 0,
    })
  );
}

for (const option of ["json", "svg"] as const) {
  Deno.test(`A --${option} that cannot be written is told before an hour is spent on it`, async () => {
    let isMeasured = false;
    const path = "/none/report";
    const { code, err } = await measured({ [option]: path }, () => {
      isMeasured = true;
      return 1;
    });
    assert.deepEqual([code, isMeasured], [1, false]);
    assert.match(err, /^slimline soak: \/none\/report cannot be written: /);
  });
}

Deno.test("A report stays as it is until there is another one", async () => {
  using temp = new TempFolder();
  const json = temp.write("report.json", "the last one");
  await assert.rejects(measured({ json }, () => {
    throw new TypeError("a defect");
  }));
  assert.equal(Deno.readTextFileSync(json), "the last one");
  const { code, out } = await measured({ json }, () => 7);
  assert.deepEqual([code, out, Deno.readTextFileSync(json)], [0, "found 7", "7\n"]);
});
