import assert from "node:assert/strict";
import { readLineWav } from "../../../src/audio/wav.ts";
import { testBlocks } from "./command_blocks.ts";

testBlocks("tests/fixtures/README.md", {
  "speak() {": {
    needs: { "espeak-ng": "apt-get install espeak-ng", sox: "apt-get install sox" },
    async run(place) {
      const shell = place.start({ folder: place.workshop.desk });
      await shell.endsWell();
      for (const name of ["booking", "interruption"]) {
        const made = await readLineWav(`${place.workshop.desk}/${name}.wav`);
        const kept = await readLineWav(`tests/fixtures/${name}.wav`);
        // Other versions of the two programs speak a little faster or slower.
        assert.ok(
          Math.abs(made.length / kept.length - 1) < 0.1,
          `${name}: ${made.length}, not ${kept.length}`,
        );
        assert.ok(Math.max(...made) > 20_000, "loud enough");
      }
    },
  },
});
