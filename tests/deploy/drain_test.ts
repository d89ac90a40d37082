import assert from "node:assert/strict";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { FIELDS } from "../../src/config/fields.ts";
import { deployFile } from "../support/deploy_tools.ts";

/** How an example stops a server, in seconds. */
interface Stop {
  /** Between the wish to stop and the end by force. */
  patience: number;
  /** Before SIGTERM. */
  before?: number;
  /** `DRAIN_SECONDS`, as the example sets it. */
  drain: number;
}

/** After the drain: Twilio asks what comes next, then everything closes. docs/operations.md says so. */
const AFTER_DRAIN_SECONDS = 3 + 5;

function seconds(text: string): number {
  assert.match(text, /^\d+s$/);
  return parseInt(text);
}

const STOPS: Readonly<Record<string, () => Stop>> = {
  "render.yaml": () => {
    const [service] = parseYaml(deployFile("render.yaml")).services;
    const drain = service.envVars.find(({ key }: { key: string }) => key === "DRAIN_SECONDS").value;
    return { patience: service.maxShutdownDelaySeconds, drain: Number(drain) };
  },
  "fly.toml": () => {
    const { kill_timeout, env } = parseToml(deployFile("fly.toml")) as {
      kill_timeout: number;
      env: Record<string, string>;
    };
    return { patience: kill_timeout, drain: Number(env.DRAIN_SECONDS) };
  },
  "compose.yaml": () => {
    const { slimline } = parseYaml(deployFile("compose.yaml")).services;
    return {
      patience: seconds(slimline.stop_grace_period),
      drain: Number(slimline.environment.DRAIN_SECONDS),
    };
  },
  "kubernetes": () => {
    const { spec } = parseYaml(deployFile("kubernetes/deployment.yaml")).spec.template;
    const [{ env, lifecycle }] = spec.containers;
    const drain = env.find(({ name }: { name: string }) => name === "DRAIN_SECONDS").value;
    return {
      patience: spec.terminationGracePeriodSeconds,
      before: lifecycle.preStop.sleep.seconds,
      drain: Number(drain),
    };
  },
  "slimline.service": () => {
    const unit = deployFile("slimline.service");
    return {
      patience: Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]),
      drain: Number(/\bDRAIN_SECONDS=(\d+)/.exec(unit.replace(/^#.*$/gm, ""))?.[1]),
    };
  },
};

for (const [path, read] of Object.entries(STOPS)) {
  Deno.test(`deploy/${path} does not kill a server that drains`, () => {
    const { patience, before = 0, drain } = read();
    assert.ok(drain >= 60, `a call has ${drain} s to end`);
    assert.ok(patience >= before + drain + AFTER_DRAIN_SECONDS, `${patience} s`);
  });
}

Deno.test("The examples set variables that the server reads, and those that it requires", () => {
  const read = new Set(Object.values(FIELDS).map(({ env }) => env as string));
  const of: Record<string, string[]> = {
    "render.yaml": parseYaml(deployFile("render.yaml")).services[0].envVars
      .map(({ key }: { key: string }) => key),
    "fly.toml": [
      ...Object.keys((parseToml(deployFile("fly.toml")) as { env: object }).env),
      ...[...deployFile("fly.toml").matchAll(/\b([A-Z]+(?:_[A-Z]+)+)=…/g)].map(([, name]) => name),
    ],
  };
  for (const [path, names] of Object.entries(of)) {
    assert.deepEqual(names.filter((name) => !read.has(name)), [], path);
    for (
      const required of ["PUBLIC_URL", "OPENAI_API_KEY", "TWILIO_AUTH_TOKEN", "ADMIN_TOKEN", "MONGODB_URI"]
    ) {
      assert.ok(names.includes(required), `${path}: ${required}`);
    }
  }
  const { slimline } = parseYaml(deployFile("compose.yaml")).services;
  const [{ env }] = parseYaml(deployFile("kubernetes/deployment.yaml")).spec.template.spec.containers;
  const set = [...Object.keys(slimline.environment), ...env.map(({ name }: { name: string }) => name)];
  assert.deepEqual(set.filter((name) => !read.has(name)), []);
});
