import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { eventually, within } from "../support/eventually.ts";
import { ServerRig } from "../support/server_rig.ts";
import { CAN_MOUNT, SmallDisk } from "../support/small_disk.ts";

Deno.test({
  name:
    "slimline serve whose disk is full when calls end has their whole records once there is room, after a stop too",
  ignore: !CAN_MOUNT,
  fn: async () => {
    await using disk = (await SmallDisk.mount(2 ** 20))!;
    await using rig = await ServerRig.start({
      folder: disk.path,
      agent: scriptedAgent([{ say: { toneMs: 400, transcript: "Hello." } }]),
    });
    const checkpoints = () =>
      disk.names("data/live").flatMap((folder) => disk.names(`data/live/${folder}`))
        .filter((name) => name.endsWith(".json"));
    /** What operators are told of a call: the reason in its record, and what that waits for. */
    const recordOf = async (callSid: string) => {
      const answer = await rig.ask(`/records?call=${callSid}`);
      const text = await answer.text();
      if (!answer.ok) return `${answer.status}`;
      return `${JSON.parse(text).reason} ${answer.headers.get("x-slimline-waits-for") ?? ""}`.trim();
    };
    const calls = async (number: number, meanwhile: () => void) => {
      const before = checkpoints().length;
      const callers = Array.from({ length: number }, () => rig.caller());
      const placed = callers.map((caller) => caller.place());
      await eventually("each has a checkpoint", () => checkpoints().length === before + number);
      meanwhile();
      for (const caller of callers) caller.hangUp();
      await Promise.all(placed);
      return callers.map(({ callSid }) => callSid);
    };
    const callSids = await calls(3, () => disk.fill());
    await eventually("they are found all the same", async () => {
      const found = await Promise.all(callSids.map(recordOf));
      return found.every((record) => record === "caller_hung_up disk");
    });
    assert.equal(checkpoints().length, 3);
    disk.empty();
    await eventually("they are stored", async () => {
      const found = await Promise.all(callSids.map(recordOf));
      return found.every((record) => record === "caller_hung_up");
    });
    assert.equal(checkpoints().length, 0);
    callSids.push(...await calls(2, () => disk.fill()));
    rig.server.signal("SIGTERM");
    assert.equal(await within("it has ended", 10_000, rig.server.ended()), 0);
    assert.deepEqual(rig.logged("record_lost"), []);
    assert.equal(checkpoints().length, 2);
    disk.empty();
    await rig.startAgain();
    await eventually("all are stored", async () => {
      const found = await Promise.all(callSids.map(recordOf));
      return found.every((record) => /^(caller_hung_up|server_died)$/.test(record));
    });
  },
});
