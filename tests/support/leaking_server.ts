// `slimline serve` with a planted leak: it keeps 50 KB of each call that has ended, for checks that must find that out.

import { createApp } from "../../src/app/app.ts";
import { BusinessDirectory } from "../../src/businesses/directory.ts";
import { loadConfig } from "../../src/config/config.ts";
import { readEnvironment } from "../../src/config/environment.ts";
import { StopSignals } from "../../src/cli/stop_signals.ts";
import { listen } from "../../src/http/listen.ts";
import { configureLog, createLog } from "../../src/observability/log.ts";
import { SystemClock } from "../../src/util/system_clock.ts";

const LEAKED_BYTES = 50 * 1024;

const config = loadConfig({ env: readEnvironment() });
configureLog(config.logLevel, config.logFormat);
const log = createLog();
const clock = new SystemClock();
const leaked: Uint8Array[] = [];
using stops = new StopSignals(clock);
await using app = await createApp({
  config,
  clock,
  log,
  businesses: new BusinessDirectory(),
  records: false,
  onCallEnded: () => leaked.push(new Uint8Array(LEAKED_BYTES).fill(1)),
});
const server = listen(app.handle, config.host, config.port);
log.info("listening", { host: config.host, port: server.port });
await stops.next();
await server.stop();
log.info("stopped", { leaked: leaked.length });
