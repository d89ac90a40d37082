import assert from "node:assert/strict";
import type { RecordSettings } from "../../src/businesses/business.ts";
import { Recorder } from "../../src/records/recorder.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { recordWith } from "../records/records.ts";
import { eventually } from "../support/eventually.ts";
import { LOOPBACK_REQUESTS } from "../support/loopback_requests.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";

/** Where a method is found, and what it does in this process only: no disk at hand fails on purpose. */
const STEPS: readonly [what: string, owner: object, name: string][] = [
  ["syncing a record", Deno.FsFile.prototype, "syncData"],
  ["syncing the folder of records", Deno.FsFile.prototype, "sync"],
  ["renaming a record", Deno, "rename"],
];

/** Lets a method reject until it is disposed of. */
function failing(owner: object, name: string): Disposable {
  const methods = owner as Record<string, unknown>;
  const method = methods[name];
  methods[name] = () => Promise.reject(new Error("Input/output error (os error 5)"));
  return { [Symbol.dispose]: () => void (methods[name] = method) };
}

for (const [what, owner, name] of STEPS) {
  Deno.test(`A record is delivered once when ${what} fails for a while, and nothing unfinished is left`, async () => {
    using temp = new TempFolder();
    await using endpoint = new WebhookEndpoint();
    const webhook = { url: endpoint.url, signingSecret: undefined };
    const settings: RecordSettings = {
      retentionDays: 0,
      redact: [],
      recordings: "link",
      deleteAtTwilio: false,
      webhook,
    };
    const log = new RecordingLog();
    await using recorder = new Recorder({
      dataDir: temp.path,
      withStore: () => Promise.reject(new Error("Nothing is kept.")),
      settingsOf: () => settings,
      requests: LOOPBACK_REQUESTS,
      clock: new SystemClock(),
      log,
    });
    await recorder.start();
    endpoint.status = 500; // else it is sent past the disk
    const call = recorder.begun(settings, () => recordWith({ reason: "in_progress" }));
    await eventually("it has a checkpoint", () => temp.names("live").length === 1);
    {
      using _ = failing(owner, name);
      await call.ended(recordWith());
      assert.equal(recorder.waiting.disk, 1);
      assert.ok(!temp.names("outbox/webhook").some((file) => file.endsWith(".part")));
    }
    const ids = () => new Set(endpoint.received.map(({ headers }) => headers.get("x-slimline-delivery")));
    await eventually("it is on the disk", () => recorder.waiting.disk === 0);
    endpoint.status = 204;
    endpoint.status = 204;
    await eventually("it has arrived", () => recorder.waiting.webhook === 0);
    assert.equal(ids().size, 1, "whoever was sent it twice can tell");
    await eventually(
      "its checkpoint is gone",
      () => temp.names("live").every((folder) => temp.names(`live/${folder}`).join() === "lock"),
    );
  });
}
