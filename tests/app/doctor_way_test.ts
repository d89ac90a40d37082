import assert from "node:assert/strict";
import { SystemClock } from "../../src/util/system_clock.ts";
import { toolServer, visit } from "../support/doctor_visit.ts";

Deno.test("slimline doctor does not say that calls can be taken by a server that it does not reach", async () => {
  const { code, lines, unknown } = await visit({
    env: { PUBLIC_URL: "http://127.0.0.1:9" },
    voiceUrl: "http://127.0.0.1:9/voice",
    number: { statusCallback: "http://127.0.0.1:9/voice/status" },
  });
  assert.equal(code, 3);
  assert.equal(unknown.length, 1);
  assert.match(unknown[0], /^\? +PUBLIC_URL +not reached from here/);
  assert.equal(lines.at(-1), "Nothing is bad. Not known: PUBLIC_URL.");
});

const upgrade = (request: Request) => new URL(request.url).pathname === "/media/check";

Deno.test("slimline doctor says that a proxy passes no upgrades on, and what one answers", async () => {
  for (
    const [status, line] of [[426, /without its Upgrade header/], [
      404,
      /answered with 404 in place of 101/,
    ]] as const
  ) {
    const { code, bad } = await visit({
      proxy: (request) => upgrade(request) ? new Response("", { status }) : undefined,
    });
    assert.equal(code, 1);
    assert.match(bad.join(), /^BAD +WebSocket /);
    assert.match(bad.join(), line);
  }
});

Deno.test("slimline doctor says that a proxy closes a WebSocket while the server says nothing", async () => {
  const { code, bad } = await visit({
    holdMs: 5_000,
    proxy: (request) => {
      if (!upgrade(request)) return undefined;
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => {
        if (data === "slimline doctor") socket.send(data);
        setTimeout(() => socket.close(), 100);
      };
      return response;
    },
  });
  assert.equal(code, 1);
  assert.match(bad.join(), /WebSocket +one at PUBLIC_URL is closed 0\.\d s after the server fell silent/);
});

Deno.test("slimline doctor says that messages do not pass", async () => {
  const { code, bad } = await visit({
    proxy: (request) => {
      if (!upgrade(request)) return undefined;
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = () => socket.close();
      return response;
    },
  });
  assert.equal(code, 1);
  assert.match(bad.join(), /WebSocket +an upgrade arrives at PUBLIC_URL, and no message does/);
});

Deno.test("slimline doctor says that the server has another token", async () => {
  const clock = new SystemClock();
  const { code, bad } = await visit({
    proxy: (request) =>
      upgrade(request) ? new Response("The signature does not fit.", { status: 403 }) : undefined,
  });
  assert.equal(code, 1, String(clock.now()));
  assert.match(bad.join(), /does not believe what is signed for it/);
});

Deno.test("slimline doctor --quick does not hold the WebSocket, and says that it does not know", async () => {
  const { code, unknown, lines } = await visit({ args: ["--quick"] });
  assert.equal(code, 3);
  assert.match(
    unknown.join(),
    /WebSocket +an upgrade arrives at PUBLIC_URL; the proxy's idle time-out was not tried/,
  );
  assert.equal(lines.at(-1), "Nothing is bad. Not known: WebSocket.");
});

for (
  const [ms, mark, wanted] of [[20_000, "!", 0], [-20_000, "!", 0], [600_000, "BAD", 1], [
    -600_000,
    "BAD",
    1,
  ]] as const
) {
  Deno.test(`slimline doctor says that the clock is ${ms / 1_000} s off`, async () => {
    const date = () => new Date(Date.now() - ms).toUTCString();
    await using twilio = toolServer(() => new Response("", { status: 404, headers: { date: date() } }));
    // Nobody has a number, so that Twilio is asked nothing else.
    const { text } = await visit({ env: { TWILIO_API_URL: twilio.url } });
    const side = ms > 0 ? "ahead of" : "behind";
    const line = new RegExp(`^${mark} +Clock +(\\d+) s ${side} that of Twilio: `, "m").exec(text);
    assert.ok(line, text);
    assert.ok(Math.abs(Number(line[1]) - Math.abs(ms) / 1_000) <= 2, line[0]);
    assert.ok(wanted === 0 || /problems? to fix/.test(text));
  });
}

Deno.test("slimline doctor does not know what time it is where nobody says so", async () => {
  const { code, unknown } = await visit({
    env: { TWILIO_API_URL: "http://127.0.0.1:9" },
  });
  assert.equal(code, 3);
  assert.match(unknown.join("\n"), /Clock +not compared: Twilio was not reached/);
  assert.match(unknown.join("\n"), /Twilio +Twilio was not reached/);
});
