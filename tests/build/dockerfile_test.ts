import assert from "node:assert/strict";

Deno.test("The image is pinned, has no shell, is not root, and asks the program itself about its health", async () => {
  const lines = (await Deno.readTextFile("Dockerfile")).split("\n");
  const images = lines.filter((line) => line.startsWith("FROM "));
  for (const image of images) assert.match(image, /@sha256:[0-9a-f]{64}( |$)/);
  assert.match(images.at(-1)!, /distroless/);
  const last = lines.slice(lines.indexOf(images.at(-1)!));
  assert.deepEqual(last.filter((line) => line.startsWith("USER ")), ["USER 65532:65532"]);
  assert.deepEqual(last.filter((line) => /^(RUN|SHELL|ADD) /.test(line)), []);
  for (const line of last.filter((line) => /^(HEALTHCHECK|ENTRYPOINT|CMD) /.test(line))) {
    assert.match(line, /(^| )\["/, "started without a shell");
  }
});
