import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { HostileCrowd } from "./hostile_crowd.ts";
import { HOSTILE_KINDS } from "./hostile_kinds.ts";
import { HostileRig } from "./hostile_rig.ts";
import { Nginx } from "./nginx.ts";

const OF_EACH_KIND = 4;
const ATTACK_MS = 5_000;
/** In place of the configuration's 20 s, which nobody wants to wait for. */
const KEEPALIVE_SECONDS = 4;
/** The longest of nginx's time-outs that these attackers meet, `send_timeout`, or the renewal of the listener; and some time. */
const GONE_MS = 15_000;
/** What nginx keeps open to the server for later requests. */
const UPSTREAM_KEEPALIVE = 32;

/** The kinds that nginx keeps to itself. */
const SHIELDED = Object.keys(HOSTILE_KINDS).filter((name) => HOSTILE_KINDS[name].endedBy === "shield");

const ignore = !Nginx.isInstalled();
const suffix = ignore ? " (no nginx: apt-get install nginx-light)" : "";

Deno.test({
  name:
    `behind deploy/nginx.conf attackers of every kind are gone, and of slow bodies the server sees nothing${suffix}`,
  ignore,
  async fn() {
    await using rig = await HostileRig.start();
    const target = await rig.target();
    await using nginx = await Nginx.start(rig.temp.path, rig.port, { keepaliveSeconds: KEEPALIVE_SECONDS });
    const crowd = new HostileCrowd(nginx.port, target, OF_EACH_KIND);
    await new Promise((resolve) => setTimeout(resolve, ATTACK_MS));
    crowd.callOff();
    try {
      await eventually("all but slow bodies are gone", () => crowd.open === crowd.openOf(SHIELDED), GONE_MS);
      const { connections, deserted } = await rig.look();
      assert.ok(connections <= UPSTREAM_KEEPALIVE, `${connections} connections`);
      assert.equal(deserted, 0);
    } finally {
      if (Deno.args.includes("--show")) console.table(Object.fromEntries(crowd.counts));
      await crowd.leave();
    }
    assert.doesNotMatch(
      rig.server.log,
      /"event":"(?:request_failed|stream_failed|uncaught_error|unhandled_rejection)"/,
    );
  },
});
