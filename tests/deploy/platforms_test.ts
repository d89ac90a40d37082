import assert from "node:assert/strict";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { deployFile } from "../support/deploy_tools.ts";

// Neither platform has a program that reads its file without an account. What their references list is listed here: a
// misspelt field would be ignored there, or refuse the deployment.

/** https://render.com/docs/blueprint-spec: fields of a web service that is a Docker image. */
const RENDER_SERVICE = new Set([
  ...[
    "type",
    "name",
    "runtime",
    "region",
    "plan",
    "repo",
    "branch",
    "rootDir",
    "buildFilter",
    "autoDeployTrigger",
  ],
  ...[
    "dockerfilePath",
    "dockerContext",
    "dockerCommand",
    "registryCredential",
    "preDeployCommand",
    "domains",
  ],
  ...["numInstances", "scaling", "healthCheckPath", "maxShutdownDelaySeconds", "envVars", "disk", "previews"],
]);
const RENDER_VARIABLE = new Set(["key", "value", "sync", "generateValue", "fromGroup", "fromService"]);

Deno.test("deploy/render.yaml has fields of Render's reference, fits a free instance, and gives no secret away", () => {
  const { services, ...rest } = parseYaml(deployFile("render.yaml"));
  assert.deepEqual(rest, {});
  assert.equal(services.length, 1);
  const [service] = services;
  assert.deepEqual(Object.keys(service).filter((name) => !RENDER_SERVICE.has(name)), []);
  assert.deepEqual([service.type, service.runtime, service.plan], ["web", "docker", "free"]);
  assert.ok(service.maxShutdownDelaySeconds >= 1 && service.maxShutdownDelaySeconds <= 300);
  assert.equal(service.disk, undefined, "a free instance has none");
  for (const path of [service.dockerfilePath, service.dockerContext]) Deno.statSync(path);
  for (const variable of service.envVars) {
    assert.deepEqual(Object.keys(variable).filter((name) => !RENDER_VARIABLE.has(name)), [], variable.key);
    if (variable.value !== undefined) {
      assert.equal(typeof variable.value, "string", `${variable.key} is text`);
    }
    if (/KEY|TOKEN|URI/.test(variable.key)) assert.equal(variable.value, undefined, variable.key);
  }
  const limit = service.envVars.find(({ key }: { key: string }) => key === "MEMORY_LIMIT_MB");
  assert.equal(limit.value, "512");
});

/** https://fly.io/docs/reference/configuration */
const FLY: Readonly<Record<string, readonly string[]>> = {
  "": [
    "app",
    "primary_region",
    "kill_signal",
    "kill_timeout",
    "build",
    "deploy",
    "env",
    "http_service",
    "vm",
  ],
  build: ["dockerfile", "image", "args"],
  deploy: ["strategy", "release_command", "wait_timeout", "max_unavailable"],
  http_service: [
    ...["internal_port", "force_https", "auto_stop_machines", "auto_start_machines", "min_machines_running"],
    ...["processes", "concurrency", "checks", "http_options", "tls_options"],
  ],
  concurrency: ["type", "soft_limit", "hard_limit"],
  checks: ["grace_period", "interval", "timeout", "method", "path", "protocol", "headers"],
  vm: ["size", "memory", "cpu_kind", "cpus", "processes"],
};

Deno.test("deploy/fly.toml has fields of Fly's reference, one machine that stays awake, and no secret", () => {
  // deno-lint-ignore no-explicit-any
  const file = parseToml(deployFile("fly.toml")) as any;
  const { build, deploy, http_service: http, vm, env } = file;
  const tables = { "": file, build, deploy, http_service: http, concurrency: http.concurrency };
  const lists = { checks: http.checks, vm };
  for (const [name, table] of [...Object.entries(tables), ...Object.entries(lists).flatMap(each)]) {
    assert.deepEqual(Object.keys(table).filter((field) => !FLY[name].includes(field)), [], `[${name}]`);
  }
  Deno.statSync(`deploy/${build.dockerfile}`); // from the folder of fly.toml
  assert.equal(file.kill_signal, "SIGTERM");
  assert.ok(file.kill_timeout <= 300, "Fly waits no longer");
  assert.deepEqual([http.auto_stop_machines, http.min_machines_running], ["off", 1]);
  assert.deepEqual(Object.keys(env).filter((name) => /KEY|TOKEN|URI/.test(name)), []);
  assert.match(env.PUBLIC_URL, new RegExp(`^https://${file.app}\\.fly\\.dev$`));
});

function each([name, tables]: [string, object[]]): [string, object][] {
  return tables.map((table) => [name, table]);
}
