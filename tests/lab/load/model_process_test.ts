import assert from "node:assert/strict";
import { selfSigned } from "../../../src/lab/openai/wire/self_signed.ts";
import { ModelProcess } from "../../../src/lab/load/model_process.ts";

Deno.test("ModelProcess takes sessions over TLS with the certificate that it is given, and others over plain TCP", async () => {
  const tls = await selfSigned(Date.now());
  await using model = await ModelProcess.start(1, tls);
  const url = new URL(model.url);
  assert.equal(url.protocol, "wss:");
  using conn = await Deno.connectTls({
    hostname: url.hostname,
    port: Number(url.port),
    caCerts: [tls.cert],
  });
  await conn.handshake();
  assert.equal((await model.report()).stats.sessionsOpen, 0);

  await using plain = await ModelProcess.start(1);
  assert.equal(new URL(plain.url).protocol, "ws:");
});
