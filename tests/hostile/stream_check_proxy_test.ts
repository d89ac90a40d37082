import assert from "node:assert/strict";
import { type ProbeOutcome, probeUpgrade } from "../../src/app/upgrade_probe.ts";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { AUTH_TOKEN, ServerRig } from "../support/server_rig.ts";
import { Caddy } from "./caddy.ts";
import { Nginx } from "./nginx.ts";

/** In place of nginx's 60 s, which nobody wants to wait for. */
const READ_SECONDS = 2;
const HOLD_MS = 5_000;

/** Checks the way of a stream through a proxy on a port of this machine. */
async function check(port: number): Promise<ProbeOutcome> {
  const signature = await new TwilioSigner(AUTH_TOKEN).sign("wss://voice.example.com/media/check");
  return await probeUpgrade(new URL(`ws://127.0.0.1:${port}/media/check`), {
    headers: { "x-twilio-signature": signature, host: "voice.example.com" },
    holdMs: HOLD_MS,
  });
}

Deno.test({
  name:
    "deploy/nginx.conf lets the check of slimline doctor through, and keeps it while the server is silent",
  ignore: !Nginx.isInstalled(),
  async fn() {
    await using rig = await ServerRig.start();
    const change = (text: string) =>
      text.replace("proxy_read_timeout 60s;", `proxy_read_timeout ${READ_SECONDS}s;`);
    await using nginx = await Nginx.start(rig.temp.path, rig.port, { change });
    assert.deepEqual(await check(nginx.port), { is: "held" });
  },
});

Deno.test({
  name: "slimline doctor's check sees that nginx takes the upgrade away",
  ignore: !Nginx.isInstalled(),
  async fn() {
    await using rig = await ServerRig.start();
    const change = (text: string) =>
      text.replace(/^ *proxy_set_header (?:Upgrade|Connection "upgrade").*\n/gm, "");
    await using nginx = await Nginx.start(rig.temp.path, rig.port, { change });
    const outcome = await check(nginx.port);
    assert.equal(outcome.is === "refused" && outcome.status, 426);
  },
});

Deno.test({
  name: "deploy/Caddyfile lets the check of slimline doctor through, and keeps it while the server is silent",
  ignore: !Caddy.isInstalled(),
  async fn() {
    await using rig = await ServerRig.start();
    await using caddy = await Caddy.start(rig.temp.path, rig.port);
    assert.deepEqual(await check(caddy.port), { is: "held" });
  },
});
