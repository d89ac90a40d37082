import assert from "node:assert/strict";
import { doctor } from "../../src/cli/doctor.ts";
import { init } from "../../src/cli/init/init_command.ts";
import { parseEnvFile } from "../../src/config/env_file.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import type { EmulatedNumber } from "../../src/lab/twilio/emulated_numbers.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { captureConsole } from "../support/capture_console.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ScriptedTerminal } from "./init/scripted_terminal.ts";

const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const AUTH_TOKEN = "a-test-auth-token";
const NUMBER = "+15551234567";
const OLD: EmulatedNumber = {
  voiceUrl: "https://old.example.com/voice?a=b",
  voiceMethod: "GET",
  statusCallback: "https://old.example.com/status",
  voiceApplicationSid: `AP${"2".repeat(32)}`,
};

/** A folder, and an account whose number rings elsewhere. */
class Office implements AsyncDisposable {
  readonly folder = new TempFolder();
  readonly rest: EmulatedTwilioApi;
  readonly realtime = new EmulatedRealtimeApi({ clock: new SystemClock() });
  readonly env: Record<string, string>;

  constructor(number: EmulatedNumber = OLD) {
    this.rest = new EmulatedTwilioApi({
      clock: new SystemClock(),
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      numbers: { [NUMBER]: number },
    });
    this.env = {
      PUBLIC_URL: "https://voice.example.com",
      OPENAI_API_KEY: "sk-test",
      OPENAI_REALTIME_URL: this.realtime.url,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      TWILIO_API_URL: this.rest.url,
      DATA_DIR: `${this.folder.path}/data`,
      BUSINESSES: `${this.folder.path}/businesses`,
    };
  }

  init(args: string[] = [], terminal?: ScriptedTerminal) {
    const { env, folder: { path: folder } } = this;
    return captureConsole(() => init(["acme", `--number=${NUMBER}`, ...args], { env, folder, terminal }));
  }

  doctor(args: string[], terminal?: ScriptedTerminal) {
    return captureConsole(() => doctor(args, this.env, { terminal, holdMs: 100 }));
  }

  /** The forms of the updates that Twilio got. */
  updates(): Record<string, string>[] {
    return this.rest.requests.filter(({ method }) => method === "POST").map(({ form }) => form);
  }

  settings() {
    return { ...this.rest.numbers.settings(NUMBER) };
  }

  async [Symbol.asyncDispose]() {
    await this.rest[Symbol.asyncDispose]();
    await this.realtime[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }
}

/** The changes as they were shown: what each setting was, and is to be. */
function shown(out: string): { from: Record<string, string>; to: Record<string, string> } {
  const lines = [...out.matchAll(/^ {2}([A-Z]\w+) +(\S+|\(none\)) → (\S+|\(none\))$/gm)];
  const plain = (text: string) => text === "(none)" ? "" : text;
  return {
    from: Object.fromEntries(lines.map(([, name, from]) => [name, plain(from)])),
    to: Object.fromEntries(lines.map(([, name, , to]) => [name, plain(to)])),
  };
}

Deno.test("slimline init --yes sets at Twilio exactly what it shows", async () => {
  await using office = new Office();
  const { code, out, err } = await office.init([
    "--yes",
    "--fallback-url=https://handler.example.com/twiml/EH1?x=1",
  ]);
  assert.equal(code, 0, err + out);
  const { from, to } = shown(out);
  assert.deepEqual(office.updates(), [to]);
  assert.deepEqual(to, {
    VoiceUrl: "https://voice.example.com/voice",
    VoiceMethod: "POST",
    VoiceFallbackUrl: "https://handler.example.com/twiml/EH1?x=1",
    StatusCallback: "https://voice.example.com/voice/status",
    VoiceApplicationSid: "",
  });
  assert.deepEqual(from, {
    VoiceUrl: OLD.voiceUrl,
    VoiceMethod: "GET",
    VoiceFallbackUrl: "",
    StatusCallback: OLD.statusCallback,
    VoiceApplicationSid: OLD.voiceApplicationSid,
  });
  assert.match(out, /^To be set at Twilio for \+15551234567 \(PN\w{32}\):$/m);
  assert.match(out, /slimline doctor --undo puts back/);
  assert.doesNotMatch(out, new RegExp(AUTH_TOKEN));
});

Deno.test("slimline doctor --undo puts back exactly what was there, and shows it", async () => {
  await using office = new Office();
  const before = office.settings();
  await office.init(["--yes", "--fallback-url=https://handler.example.com/"]);
  assert.notDeepEqual(office.settings(), before);
  assert.equal(Deno.statSync(`${office.folder.path}/data/twilio-before.json`).mode! & 0o777, 0o600);
  const { code, out } = await office.doctor(["--undo", "--yes"]);
  assert.equal(code, 0, out);
  assert.deepEqual(office.settings(), before);
  assert.deepEqual(office.updates()[1], shown(out).to);
  assert.deepEqual(office.folder.names("data"), []);
  const again = await office.doctor(["--undo", "--yes"]);
  assert.equal(again.code, 0);
  assert.match(again.out, /nothing to put back/);
  assert.equal(office.updates().length, 2);
});

Deno.test("What was there at first is put back, however often the numbers were set", async () => {
  await using office = new Office();
  const before = office.settings();
  await office.init(["--yes"]);
  office.env.PUBLIC_URL = "https://other.example.com";
  const { code, out } = await office.doctor(["--fix", "--yes"]);
  assert.match(
    out,
    /^ {2}VoiceUrl +https:\/\/voice\.example\.com\/voice → https:\/\/other\.example\.com\/voice$/m,
  );
  assert.notEqual(code, 2);
  assert.equal(office.settings().voiceUrl, "https://other.example.com/voice");
  await office.doctor(["--undo", "--yes"]);
  assert.deepEqual(office.settings(), before);
});

Deno.test("Nothing is changed at Twilio without --yes where nobody can be asked", async () => {
  await using office = new Office();
  const { code, out } = await office.init();
  assert.equal(code, 0); // the business is there
  assert.ok(Object.keys(shown(out).to).length > 0);
  assert.match(out, /Nothing was changed at Twilio: --yes/);
  assert.deepEqual(office.updates(), []);
  const fixed = await office.doctor(["--fix"]);
  assert.match(fixed.out, /Nothing was changed at Twilio: --yes/);
  assert.deepEqual(office.updates(), []);
});

Deno.test("slimline init --dry-run shows the changes at Twilio, and makes none", async () => {
  await using office = new Office();
  const { code, out } = await office.init(["--dry-run", "--yes"]);
  assert.equal(code, 0);
  assert.equal(shown(out).to.VoiceUrl, "https://voice.example.com/voice");
  assert.deepEqual(office.updates(), []);
  assert.deepEqual(office.folder.names(), []);
});

for (const [answer, changes] of [["y", 1], ["", 0], ["no", 0], ["YES", 1]] as const) {
  Deno.test(`Asked whether to change the number, ${JSON.stringify(answer)} makes ${changes} changes`, async () => {
    await using office = new Office();
    const given = ["--name=Acme", "--hours=always", "--time-zone=UTC", "--language=en", "--voice=marin"];
    const terminal = new ScriptedTerminal([
      [/^Number of "Front desk"/, ""],
      [/^What Twilio asks when/, "ftp://no"],
      [/^What Twilio asks when/, ""],
      [/^Change this at Twilio\?/, answer],
    ]);
    const { code, out, err } = await office.init([...given, "--wants=x", "--about=y"], terminal);
    assert.equal(code, 0, err);
    assert.deepEqual(terminal.left, []);
    assert.equal(office.updates().length, changes);
    if (changes === 0) assert.match(out, /^Nothing was changed at Twilio\.$/m);
  });
}

Deno.test("A number that is set already is left alone", async () => {
  await using office = new Office({
    voiceUrl: "https://voice.example.com/voice",
    statusCallback: "https://voice.example.com/voice/status",
  });
  const { code, out } = await office.init(["--yes"]);
  assert.equal(code, 0);
  assert.match(out, /Twilio is set already: \+15551234567/);
  assert.deepEqual(office.updates(), []);
});

Deno.test("A number that belongs to a trunk is taken from it, which is shown, and given back", async () => {
  await using office = new Office({ trunkSid: `TK${"3".repeat(32)}` });
  const before = office.settings();
  const { out } = await office.init(["--yes"]);
  assert.equal(shown(out).from.TrunkSid, `TK${"3".repeat(32)}`);
  assert.equal(office.settings().trunkSid, "");
  await office.doctor(["--undo", "--yes"]);
  assert.deepEqual(office.settings(), before);
});

Deno.test("Numbers of others and a refusal of Twilio's are told; the business is there all the same", async () => {
  await using office = new Office();
  const other = await captureConsole(() =>
    init(["other", "--number=+15557654321", "--yes"], { env: office.env, folder: office.folder.path })
  );
  assert.equal(other.code, 1);
  assert.match(other.out, /does not own \+15557654321/);
  office.rest.failNext({ status: 401, code: 20003, message: "Authenticate" });
  const refused = await office.init(["--yes"]);
  assert.equal(refused.code, 1);
  assert.match(refused.out, /Nothing more was changed at Twilio: Twilio answered 401/);
  assert.match(refused.out, /slimline doctor --fix does it later/);
  assert.ok(office.folder.names("businesses").includes("acme.json"));
  assert.deepEqual(office.updates(), []);
});

Deno.test("What cannot be put back now can be later", async () => {
  await using office = new Office();
  const before = office.settings();
  await office.init(["--yes"]);
  office.rest.failNext({ status: 500 }, 2); // Twilio is asked twice
  const failed = await office.doctor(["--undo", "--yes"]);
  assert.equal(failed.code, 1);
  assert.match(failed.err, /slimline doctor: Twilio answered 500/);
  assert.notDeepEqual(office.settings(), before);
  assert.equal((await office.doctor(["--undo", "--yes"])).code, 0);
  assert.deepEqual(office.settings(), before);
});

Deno.test("What is kept of a number in one account stays, though another account has the number no more", async () => {
  const [gone, ours] = ["3", "1"].map((digit) => `AC${digit.repeat(32)}`);
  const moved = "+15551234568";
  await using twilio = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const number = searchParams.get("PhoneNumber");
      const sid = `PN${number === moved ? "2" : "1"}`;
      const known = { sid, phone_number: number, voice_url: "https://voice.example.com/voice" };
      if (request.method === "GET") {
        return Response.json({ incoming_phone_numbers: pathname.includes(ours) ? [known] : [] });
      }
      await request.body?.cancel();
      return pathname.includes("PN2") ? new Response("{}", { status: 400 }) : Response.json(known);
    },
  );
  await using office = new Office();
  Object.assign(office.env, {
    TWILIO_API_URL: `http://127.0.0.1:${twilio.addr.port}`,
    TWILIO_AUTH_TOKEN: `${AUTH_TOKEN},${gone}:another-token`,
  });
  const settings = {
    before: { VoiceUrl: "https://old.example.com/voice" },
    after: { VoiceUrl: "https://voice.example.com/voice" },
  };
  const kept = [
    { number: moved, accountSid: gone, ...settings },
    { number: NUMBER, accountSid: ours, ...settings },
    { number: moved, accountSid: ours, ...settings },
  ];
  const file = office.folder.write("data/twilio-before.json", JSON.stringify(kept));
  const { code, out } = await office.doctor(["--undo", "--yes"]);
  assert.equal(code, 1);
  assert.match(out, /is not the account's any more/);
  assert.deepEqual(JSON.parse(Deno.readTextFileSync(file)), [kept[2]]);
});

Deno.test("An account that Twilio has closed keeps no other account's numbers from being put back", async () => {
  const [gone, ours] = ["3", "1"].map((digit) => `AC${digit.repeat(32)}`);
  const put: string[] = [];
  await using twilio = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const number = searchParams.get("PhoneNumber") ?? "";
      if (pathname.includes(gone)) return Response.json({ status: 404, code: 20404 }, { status: 404 });
      const known = { sid: `PN${number}`, voice_url: "https://voice.example.com/voice" };
      if (request.method === "GET") return Response.json({ incoming_phone_numbers: [known] });
      await request.body?.cancel();
      if (pathname.includes("0003")) return Response.json({ status: 404, code: 20404 }, { status: 404 });
      put.push(decodeURIComponent(pathname).slice(-"+15550000002.json".length, -".json".length));
      return Response.json(known);
    },
  );
  await using office = new Office();
  Object.assign(office.env, {
    TWILIO_API_URL: `http://127.0.0.1:${twilio.addr.port}`,
    TWILIO_AUTH_TOKEN: `${AUTH_TOKEN},${gone}:another-token`,
  });
  const settings = {
    before: { VoiceUrl: "https://old.example.com/voice" },
    after: { VoiceUrl: "https://voice.example.com/voice" },
  };
  const kept = [gone, ours, ours, ours].map((accountSid, index) => ({
    number: `+1555000000${index + 1}`,
    accountSid,
    ...settings,
  }));
  const file = office.folder.write("data/twilio-before.json", JSON.stringify(kept));
  const { code, out, err } = await office.doctor(["--undo", "--yes"]);
  assert.equal(code, 1);
  assert.deepEqual(put, ["+15550000002", "+15550000004"]);
  assert.match(out, /^Put back at Twilio: \+15550000004$/m);
  for (const { number } of [kept[0], kept[2]]) assert.ok(err.includes(number), err);
  assert.match(err, /Twilio answered 404/);
  assert.deepEqual(JSON.parse(Deno.readTextFileSync(file)), [kept[0], kept[2]]);
});

Deno.test("A file of what was before that cannot be read is told, and nothing is changed", async () => {
  await using office = new Office();
  office.folder.write("data/twilio-before.json", "{}");
  const { code, err } = await office.doctor(["--undo", "--yes"]);
  assert.equal(code, 1);
  assert.match(err, /twilio-before\.json cannot be read/);
  const set = await office.init(["--yes"]);
  assert.equal(set.code, 1);
  assert.deepEqual(office.updates(), []);
});

Deno.test("doctor's options that do not fit together are wrong usage", async () => {
  await using office = new Office();
  for (const args of [["--fix", "--undo"], ["--fallback-url=https://a.example"]]) {
    assert.equal((await office.doctor(args)).code, 2);
  }
  const bad = await office.doctor(["--fix", "--yes", "--fallback-url=nonsense"]);
  assert.equal(bad.code, 2);
  assert.match(bad.err, /--fallback-url must be an https URL/);
  const { TWILIO_ACCOUNT_SID: _, ...env } = office.env;
  Deno.mkdirSync(env.BUSINESSES);
  const { code, err } = await captureConsole(() => doctor(["--fix", "--yes"], env));
  assert.equal(code, 2);
  assert.match(err, /TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are needed/);
});

Deno.test("What slimline init wrote has the address of Twilio's API where it is another", async () => {
  await using office = new Office();
  await office.init();
  const env = parseEnvFile(Deno.readTextFileSync(`${office.folder.path}/.env`));
  assert.equal(env.get("TWILIO_API_URL"), office.rest.url);
  assert.equal(env.get("OPENAI_REALTIME_URL"), office.realtime.url);
});
