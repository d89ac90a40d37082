import assert from "node:assert/strict";
import { testBlocks } from "./command_blocks.ts";
import { bash } from "./workshop.ts";

/** Why nothing can be installed from npm. */
async function noNpm(): Promise<string | undefined> {
  try {
    await bash("timeout 20 npm view deno@2.9.6 version");
    return undefined;
  } catch {
    return "npm's registry is not reached";
  }
}

testBlocks("CONTRIBUTING.md", {
  "npm install --global deno@2.9.6": {
    skip: await noNpm(),
    hasClone: false,
    async run(place) {
      const { folder, desk, repository, env } = place.workshop;
      const prefix = `${folder}/npm`;
      const shell = place.start({
        folder: desk,
        env: { npm_config_prefix: prefix, PATH: `${prefix}/bin:${env.PATH}` },
        placeholders: { "<your fork>": repository },
        behind: "command -v deno\ndeno --version\n",
      });
      await shell.says(/added \d+ packages?/);
      await shell.says(/hear/, 120_000);
      await shell.says(new RegExp(`^${prefix}/bin/deno\ndeno 2\\.9\\.6 `, "m"));
      await shell.endsWell();
      assert.ok((await Deno.stat(`${place.checkout}/demo-heard.wav`)).size > 8_000, "what the caller heard");
    },
  },
});
