import assert from "node:assert/strict";
import { checkTest, deployFile } from "../support/deploy_tools.ts";
import { TempFolder } from "../support/temp_folder.ts";

const VARIABLES = { PUBLIC_URL: "https://voice.example.com" };

checkTest(
  "deploy/compose.yaml is what Docker Compose takes, and reaches no further than it must",
  async (check) => {
    const { code, stderr, stdout } = await check("compose", "deploy/compose.yaml", VARIABLES);
    assert.equal(code, 0, stderr);
    const { services, networks } = JSON.parse(stdout);
    assert.deepEqual(Object.keys(services).sort(), ["caddy", "mongo", "slimline"]);
    for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
      assert.deepEqual(service.cap_drop, ["ALL"], name);
      assert.deepEqual(service.security_opt, ["no-new-privileges:true"], name);
      assert.equal(service.restart, "unless-stopped", name);
    }
    const { slimline, caddy, mongo } = services;
    assert.equal(slimline.read_only && caddy.read_only, true);
    assert.deepEqual(slimline.ports.map(({ host_ip }: { host_ip: string }) => host_ip), ["127.0.0.1"]);
    assert.equal(mongo.ports, undefined, "nobody from outside");
    assert.equal(networks.database.internal, true);
    assert.deepEqual(Object.keys(mongo.networks), ["database"]);
    assert.equal(caddy.environment.PUBLIC_URL, VARIABLES.PUBLIC_URL);
    for (const { type, source } of [...slimline.volumes, ...caddy.volumes]) {
      if (type === "bind") Deno.statSync(source);
    }
  },
);

checkTest(
  "deploy/compose.yaml says what is missing, and a misspelt field does not go unnoticed",
  async (check) => {
    const without = await check("compose", "deploy/compose.yaml", { PUBLIC_URL: "" });
    assert.equal(without.code, 1);
    assert.match(without.stderr, /PUBLIC_URL.*is missing from \.env/);
    using temp = new TempFolder();
    const path = temp.write("compose.yaml", deployFile("compose.yaml").replace("read_only:", "readonly:"));
    const { code, stderr } = await check("compose", path, VARIABLES);
    assert.equal(code, 1);
    assert.match(stderr, /readonly/);
  },
);
