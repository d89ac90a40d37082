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

Deno.test("The image is built of all that the program imports, texts and examples too", async () => {
  const { stdout } = await new Deno.Command("deno", { args: ["info", "--json", "main.ts"] }).output();
  const { modules }: { modules: { specifier: string }[] } = JSON.parse(new TextDecoder().decode(stdout));
  const root = new URL("../../", import.meta.url).href;
  const files = modules.map(({ specifier }) => specifier).filter((url) => url.startsWith(root))
    .map((url) => url.slice(root.length));
  assert.ok(
    files.includes("src/app/app.ts") && files.some((file) => file.endsWith(".md")),
    "the graph was read",
  );
  const [builder] = (await Deno.readTextFile("Dockerfile")).split(/^FROM /m).slice(1);
  const copied = [...builder.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) =>
    sources.split(" ")
  );
  const isBelow = (file: string, place: string) => file === place || file.startsWith(`${place}/`);
  assert.deepEqual(files.filter((file) => !copied.some((place) => isBelow(file, place))), []);
  const sent = [...(await Deno.readTextFile(".dockerignore")).matchAll(/^!(.+)$/gm)].map(([, place]) =>
    place
  );
  assert.deepEqual(copied.filter((place) => !sent.includes(place)), []);
});
