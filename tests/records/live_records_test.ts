import assert from "node:assert/strict";
import type { CallRecord } from "../../src/records/call_record.ts";
import { CHECKPOINT_MS, LiveRecords } from "../../src/records/live_records.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { recordWith } from "./records.ts";
import { eventually } from "../support/eventually.ts";

/** One process after the other, or beside it, on the same folder. */
class Rig implements Disposable {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();

  private constructor(readonly temp: TempFolder) {}

  static create(): Rig {
    return new Rig(new TempFolder());
  }

  process(): LiveRecords {
    return new LiveRecords({ folder: this.temp.path, clock: this.clock, log: this.log });
  }

  /** What a new process finds. */
  async recovered(): Promise<CallRecord[]> {
    const records: CallRecord[] = [];
    await using next = this.process();
    await next.recover((record) => Promise.resolve(void records.push(record)));
    return records.toSorted((a, b) => a.callSid < b.callSid ? -1 : 1);
  }

  [Symbol.dispose](): void {
    this.temp[Symbol.dispose]();
    assert.equal(this.clock.pending, 0);
  }
}

Deno.test("LiveRecords leaves the calls that nobody saw end to the next process, once", async () => {
  using rig = Rig.create();
  {
    await using dying = rig.process();
    dying.begun("k1", () => recordWith({ callSid: "CA1" }));
    dying.begun("k2", () => recordWith({ callSid: "CA2" }));
    dying.begun("k3", () => recordWith({ callSid: "CA3" }));
    await dying.ended("k2");
  }
  assert.deepEqual((await rig.recovered()).map(({ callSid }) => callSid), ["CA1", "CA3"]);
  assert.deepEqual(await rig.recovered(), []);
  assert.deepEqual(rig.temp.names(), []);
});

Deno.test("LiveRecords writes each call at its begin and every 15 seconds", async () => {
  using rig = Rig.create();
  {
    await using dying = rig.process();
    let durationMs = 0;
    dying.begun("k1", () => recordWith({ durationMs }));
    durationMs = 1;
    await dying.ended("none");
    rig.clock.advance(CHECKPOINT_MS);
    durationMs = 2; // it is written later than the clock says, and then as it is
    rig.clock.advance(CHECKPOINT_MS - 1);
  }
  const [record] = await rig.recovered();
  assert.equal(record.durationMs, 2);
});

Deno.test("LiveRecords begins no round of checkpoints before the last one is written, and goes on after it", async () => {
  using rig = Rig.create();
  let written = 0;
  {
    await using records = rig.process();
    records.begun("k1", () => recordWith({ durationMs: ++written }));
    rig.clock.advance(10 * CHECKPOINT_MS); // in which the disk does nothing
    records.begun("k2", () => recordWith());
    await records.ended("k2"); // after all that is due
    assert.equal(written, 2, "at its begin, and in one round");
    rig.clock.advance(CHECKPOINT_MS);
  }
  assert.equal(written, 3);
});

Deno.test("LiveRecords leaves the calls of a living process alone", async () => {
  using rig = Rig.create();
  {
    await using living = rig.process();
    living.begun("k1", () => recordWith());
    await eventually(
      "the first checkpoint is there",
      () => rig.temp.names().some((name) => !name.endsWith(".part")),
    );
    assert.deepEqual(await rig.recovered(), []);
    await living.ended("k1");
  }
  assert.deepEqual(rig.temp.names(), [], "nothing is left of a process that has ended well");
});

Deno.test("LiveRecords skips a checkpoint that cannot be read, and says so", async () => {
  using rig = Rig.create();
  await Deno.mkdir(`${rig.temp.path}/dead`);
  await Deno.writeTextFile(`${rig.temp.path}/dead/k1.json`, '{"callSid":');
  await Deno.writeTextFile(`${rig.temp.path}/dead/k2.json`, JSON.stringify(recordWith()));
  assert.deepEqual(await rig.recovered(), [recordWith()]);
  assert.deepEqual(rig.log.names, ["checkpoint_unreadable"]);
});

Deno.test("LiveRecords takes up the other calls of a process whose one checkpoint the disk does not give", async () => {
  using rig = Rig.create();
  for (const folder of ["dead1", "dead2"]) {
    const path = `${rig.temp.path}/${folder}`;
    await Deno.mkdir(path);
    for (const key of ["k1", "k3"]) {
      const record = recordWith({ callSid: `CA${folder}${key}` });
      await Deno.writeTextFile(`${path}/${key}.json`, JSON.stringify(record));
    }
    await Deno.mkdir(`${path}/k2.json`); // cannot be read as a file
  }
  const adopted: string[] = [];
  await using next = rig.process();
  await assert.rejects(next.recover((record) => Promise.resolve(void adopted.push(record.callSid))));
  assert.deepEqual(adopted.toSorted(), ["CAdead1k1", "CAdead1k3", "CAdead2k1", "CAdead2k3"]);
  for (const folder of ["dead1", "dead2"]) assert.deepEqual(rig.temp.names(folder), ["k2.json", "lock"]);
});

Deno.test("LiveRecords leaves a checkpoint that is not taken, and hands on those beside it", async () => {
  using rig = Rig.create();
  const path = `${rig.temp.path}/dead`;
  await Deno.mkdir(path);
  const keys = ["k1", "k2", "k3", "k4"];
  for (const key of keys) await Deno.writeTextFile(`${path}/${key}.json`, JSON.stringify(recordWith()));
  const refused: string[] = [];
  const adopted: string[] = [];
  const adopt = (_: CallRecord, key: string) => {
    if (refused.length > 0) return Promise.resolve(void adopted.push(key));
    refused.push(key);
    return Promise.reject(new Error("no room"));
  };
  await using next = rig.process();
  await assert.rejects(next.recover(adopt), /no room/);
  assert.deepEqual([...adopted, ...refused].toSorted(), keys);
  await next.recover(adopt);
  assert.deepEqual(adopted.toSorted(), keys);
  assert.deepEqual(rig.temp.names(), []);
});

Deno.test("LiveRecords says once that it cannot write, and goes on when it can", async () => {
  using rig = Rig.create();
  await Deno.remove(rig.temp.path);
  await Deno.writeTextFile(rig.temp.path, "a file in the folder's place");
  {
    await using live = rig.process();
    live.begun("k1", () => recordWith());
    live.begun("k2", () => recordWith());
    await live.ended("none");
    rig.clock.advance(CHECKPOINT_MS);
    await live.ended("k2");
    assert.deepEqual(rig.log.names, ["checkpoints_fail"]);
    await Deno.remove(rig.temp.path);
    rig.clock.advance(CHECKPOINT_MS);
  }
  assert.equal((await rig.recovered()).length, 1);
});
