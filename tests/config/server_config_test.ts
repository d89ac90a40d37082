import assert from "node:assert/strict";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { FIELDS } from "../../src/config/fields.ts";
import { completeConfig, type ServerConfig } from "../../src/config/server_config.ts";

/** What only a program with a port of its own needs. */
type OfListening = "port" | "host";
/** Fails to compile when a variable has no field. */
const MISSING: Record<Exclude<keyof Config, keyof ServerConfig | OfListening>, never> = {};

const REQUIRED: ServerConfig = {
  publicUrl: "https://voice.example.com",
  openaiApiKey: "sk",
  twilioAuthToken: "t",
};

Deno.test("completeConfig() gives every field the default of its variable", () => {
  assert.deepEqual(MISSING, {});
  const env = { PUBLIC_URL: REQUIRED.publicUrl, OPENAI_API_KEY: "sk", TWILIO_AUTH_TOKEN: "t" };
  assert.deepEqual(completeConfig(REQUIRED), loadConfig({ env }));
});

Deno.test("completeConfig() leaves what loadConfig() has read as it is", () => {
  const env = Object.fromEntries(Object.values(FIELDS).map(({ env, example }) => [env, example]));
  const config = loadConfig({
    env: {
      ...env,
      BUSINESSES: "mongodb:acme",
      TWILIO_ACCOUNT_SID: `AC${"1".repeat(32)}`,
      MEMORY_LIMIT_MB: "512",
    },
  });
  // A server within another program does not listen.
  const { port, host } = loadConfig({ env: { ...env, PORT: undefined, HOST: undefined } });
  assert.deepEqual({ ...completeConfig(config), port, host }, { ...config, port, host });
});

Deno.test("completeConfig() takes a folder or a collection as text", () => {
  const placeOf = (businesses: string) =>
    completeConfig({ ...REQUIRED, businesses, mongodbUri: "mongodb://h" }).businesses;
  assert.deepEqual(placeOf("/srv/businesses"), { in: "folder", path: "/srv/businesses" });
  assert.deepEqual(placeOf("mongodb:acme"), { in: "collection", name: "acme" });
});

Deno.test("completeConfig() lets only who says so go without verification", () => {
  const { twilioAuthToken: _, ...unsafe } = REQUIRED;
  assert.throws(() => completeConfig(unsafe), { code: "config_invalid" });
  assert.equal(completeConfig({ ...unsafe, insecure: true }).twilioAuthToken, undefined);
});

Deno.test("the defaults in the docstrings of ServerConfig are those of the variables", async () => {
  const source = await Deno.readTextFile("src/config/server_config.ts");
  const told = [...source.matchAll(/Default[\s*]+`?([^`\s]+?)`?\.\s+\*\/\s+readonly (\w+)\?/g)];
  assert.ok(told.length >= 15);
  for (const [, value, name] of told) {
    const field = FIELDS[name as keyof typeof FIELDS];
    if (field?.default !== undefined) assert.equal(value.replaceAll(",", ""), field.default, name);
  }
});
