import assert from "node:assert/strict";
import { BridgeRig } from "../support/bridge_rig.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { eventually } from "../support/eventually.ts";

const MIB = 2 ** 20;
const LIMIT_MB = 64;
/** Far more than it takes until the next sample. */
const WITHIN_MS = 30_000;
const TRIMMED_BYTES = 4711;

Deno.test("without memory for a call nobody is let in, buffers are trimmed, idle services are closed, and every report says so", async () => {
  const ballast = new Uint8Array(LIMIT_MB * MIB).fill(1); // whatever else this process holds, it is above the limit
  using temp = new TempFolder();
  await using rig = await BridgeRig.start({
    env: { MEMORY_LIMIT_MB: `${LIMIT_MB}`, MEMORY_LOG_SECONDS: "1", DATA_DIR: temp.path },
    keepsRecords: true,
    business: { busyWords: "Busy." },
  });
  const { log, line: { server } } = rig;
  rig.app.calls.trim = () => TRIMMED_BYTES;

  const ready = await fetch(`${server}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [503, { status: "low_memory" }]);
  const report = await rig.caller().place();
  assert.deepEqual([report.outcome, report.said, report.problems], ["refused", ["Busy."], []]);
  assert.equal(rig.emulator.stats().sessionsOpened, 0, "nothing is connected for who is refused");

  const record = await rig.get(`/records?call=CA${"0".repeat(32)}`); // opens the records' store
  await record.body?.cancel();
  assert.equal(record.status, 404);
  const high = () => log.events.filter(({ event }) => event === "memory_high");
  await eventually(
    "the store is closed again",
    () => high().some(({ attributes }) => Number(attributes?.closedServices) >= 1),
    WITHIN_MS,
  );
  const [{ attributes }] = high();
  assert.deepEqual(
    [attributes.pressure, attributes.limit, attributes.trimmedBytes],
    ["close_idle", LIMIT_MB * MIB, TRIMMED_BYTES],
  );
  assert.ok(
    log.events.some(({ event, attributes: { service, reason } }) =>
      event === "service_closed" && service === "records" && reason === "memory"
    ),
  );

  const memory = await (await rig.get("/memory")).json();
  assert.deepEqual([memory.pressure, memory.limit], ["close_idle", LIMIT_MB * MIB]);
  const metrics = (await (await rig.get("/metrics")).text()).split("\n");
  for (
    const series of [
      'slimline_admission{state="low_memory"} 1',
      'slimline_calls_refused_total{reason="low_memory"} 1',
      `slimline_memory_limit_bytes ${LIMIT_MB * MIB}`,
    ]
  ) assert.ok(metrics.includes(series), series);
  assert.ok(ballast[0]);
});
