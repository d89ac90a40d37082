import assert from "node:assert/strict";
import { deployFile, toolTest } from "../support/deploy_tools.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** What `systemd-analyze security` may say at most, in tenths: 10.0 is a service that may do everything. */
const MOST_EXPOSURE = 29;

toolTest(
  "systemd-analyze",
  "deploy/slimline.service is a unit that systemd takes, exposed by less than 3",
  async (run) => {
    using temp = new TempFolder();
    const installed = deployFile("slimline.service").replace("/usr/local/bin/slimline", "/bin/true");
    const path = temp.write("slimline.service", installed);
    const verified = await run("verify", "--man=no", path);
    assert.deepEqual([verified.code, verified.stderr], [0, ""]);
    const threshold = `--threshold=${MOST_EXPOSURE}`;
    const { code, stdout, stderr } = await run("security", "--offline=true", threshold, "--no-pager", path);
    assert.equal(code, 0, `${stdout.trim().split("\n").at(-1)} ${stderr}`);

    assert.match(installed, /^WantedBy=multi-user\.target$/m);
    assert.match(installed, /^StateDirectory=slimline\b/m);
    const open = temp.write(
      "open.service",
      installed.replace(/^(?:Protect|Private|Restrict|System|Cap).*\n/gm, ""),
    );
    assert.notEqual((await run("security", "--offline=true", threshold, "--no-pager", open)).code, 0);
  },
);

toolTest("caddy", "deploy/Caddyfile is what Caddy takes, as it is and as Compose starts it", async (run) => {
  using temp = new TempFolder();
  const home = { HOME: temp.path, XDG_DATA_HOME: temp.path, XDG_CONFIG_HOME: temp.path };
  const adapt = ["adapt", "--adapter", "caddyfile", "--config", "deploy/Caddyfile", "--validate"];
  for (
    const [env, host, upstream] of [
      [{}, "voice.example.com", "127.0.0.1:8080"],
      [{ PUBLIC_URL: "https://a.example.com", UPSTREAM: "slimline:8080" }, "a.example.com", "slimline:8080"],
    ] as const
  ) {
    const { code, stdout, stderr } = await run(...adapt, { ...home, ...env });
    assert.equal(code, 0, stderr);
    assert.deepEqual([...stdout.matchAll(/"host":\["(.*?)"\]/g)].map(([, name]) => name), [host]);
    assert.deepEqual([...stdout.matchAll(/"dial":"(.*?)"/g)].map(([, address]) => address), [upstream]);
    const [server] = Object.values<Record<string, number>>(JSON.parse(stdout).apps.http.servers);
    assert.equal(server.read_header_timeout, 5e9);
    assert.equal(server.max_header_bytes, 16_000);
  }
});
