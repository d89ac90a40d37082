import assert from "node:assert/strict";
import { readBusiness } from "../../../src/businesses/read_business.ts";
import { init } from "../../../src/cli/init/init_command.ts";
import { STARTERS } from "../../../src/cli/init/starters.ts";
import { parseEnvFile } from "../../../src/config/env_file.ts";
import { captureConsole } from "../../support/capture_console.ts";
import { TempFolder } from "../../support/temp_folder.ts";
import { ScriptedTerminal } from "./scripted_terminal.ts";

/** What an environment has that knows the keys. */
const KEYS = {
  PUBLIC_URL: "https://voice.example.com",
  OPENAI_API_KEY: "sk-proj-secret",
  TWILIO_ACCOUNT_SID: `AC${"1".repeat(32)}`,
  TWILIO_AUTH_TOKEN: "a token # with a hash",
};

/** Runs the command in a folder. */
function initIn(
  { path: folder }: TempFolder,
  args: string[],
  { env = {}, terminal }: { env?: Record<string, string>; terminal?: ScriptedTerminal } = {},
) {
  return captureConsole(() => init(args, { env, terminal, folder }));
}

const mode = (path: string) => Deno.statSync(path).mode! & 0o777;

Deno.test("slimline init writes a business that is served, its instructions, the schema and .env", async () => {
  using folder = new TempFolder();
  const { code, out, err } = await initIn(folder, [
    "linden-street",
    "--number=+1 (555) 010-0100",
    "--hours=mon-fri 8-12 13-17:30, sat 9-12",
    "--time-zone=Europe/Berlin",
    "--language=de",
    "--voice=cedar",
    "--transfer=Frau Weber=+49 30 1234567",
    "--wants=An appointment.",
    "--about=We are at 12 Linden Street.",
  ], { env: KEYS });
  assert.equal(code, 0, err);
  const { path } = folder;
  assert.deepEqual(folder.names("businesses"), [
    "business.schema.json",
    "linden-street.json",
    "linden-street.md",
  ]);
  const business = JSON.parse(Deno.readTextFileSync(`${path}/businesses/linden-street.json`));
  assert.equal(business.name, "Linden Street");
  assert.deepEqual(business.numbers, ["+15550100100"]);
  assert.equal(business.hours.timeZone, "Europe/Berlin");
  assert.deepEqual(business.hours.week.friday, ["08:00-12:00", "13:00-17:30"]);
  assert.deepEqual(business.hours.week.saturday, ["09:00-12:00"]);
  assert.equal(business.hours.week.sunday, undefined);
  assert.deepEqual([business.language, business.voice], ["de", "cedar"]);
  assert.deepEqual(business.transfers.map(({ name, number }: Record<string, string>) => [name, number]), [
    ["Frau Weber", "+49301234567"],
  ]);
  assert.deepEqual(business.fallback, { forwardTo: "+49301234567", voicemail: true });
  const instructions = Deno.readTextFileSync(`${path}/businesses/linden-street.md`);
  assert.match(instructions, /# What callers may want\n\n- An appointment\.\n/);
  assert.match(instructions, /# What you know\n\n- We are at 12 Linden Street\.\n/);
  assert.equal(
    Deno.readTextFileSync(`${path}/businesses/business.schema.json`),
    Deno.readTextFileSync("businesses/business.schema.json"),
  );
  assert.equal(mode(`${path}/.env`), 0o600);
  assert.deepEqual(Object.fromEntries(parseEnvFile(Deno.readTextFileSync(`${path}/.env`))), KEYS);
  assert.match(out, /^Wrote .*businesses\/linden-street\.json/m);
  assert.doesNotMatch(out, /Still to be set|sk-proj-secret|a token/);
  assert.match(out, /^Next:\n {2}npx -y deno task try /m);
});

for (const from of Object.keys(STARTERS)) {
  Deno.test(`A business from the example ${from} has nothing of the example's that leads nowhere`, async () => {
    const shown = STARTERS[from].business as { name: string; transfers?: { name: string }[] };
    const named = (shown.transfers ?? []).map(({ name }, index) => `--transfer=${name}=+4930123400${index}`);
    for (const transfers of [[], named]) {
      using folder = new TempFolder();
      const { code, err } = await initIn(folder, [
        "acme",
        `--from=${from}`,
        "--number=+15551234567",
        ...transfers,
      ]);
      assert.equal(code, 0, err);
      const read = (name: string) => Deno.readTextFileSync(`${folder.path}/businesses/${name}`);
      const text = `${read("acme.json")}\n${read("acme.md")}`;
      assert.doesNotMatch(
        text,
        /\+15550100|example\.com|BUSINESS_|find_|book_table|Okafor|Linden|Harbour|Vesuvio/,
      );
      assert.match(text, /\bAcme\b/);
      const { transfers: kept = [], keys = {}, knowledge, greeting } = JSON.parse(read("acme.json"));
      assert.equal(knowledge, undefined);
      assert.ok(greeting.instructions.length > 20); // an empty one would wait for the caller
      assert.equal(kept.length, transfers.length);
      if (transfers.length === 0) {
        assert.deepEqual(keys, {});
        for (const { name } of shown.transfers ?? []) {
          assert.equal(text.toLowerCase().includes(name.toLowerCase()), false, name);
        }
      } else assert.deepEqual(Object.keys(keys), Object.keys((STARTERS[from].business.keys ?? {}) as object));
      const result = await readBusiness("acme.json", read("acme.json"), {
        secrets: () => undefined,
        named: { id: "acme", by: "the file's name" },
        readInstructions: (path) => Promise.resolve(read(path)),
      });
      assert.ok("business" in result, JSON.stringify(result));
    }
  });
}

Deno.test("slimline init says what it left out of an example, and how it can be had", async () => {
  using folder = new TempFolder();
  const { out } = await initIn(folder, ["acme", "--from=dentist", "--number=+15551234567"]);
  assert.match(out, /^Left out: the transfer to Emergency dentist: --transfer "Emergency dentist=NUMBER"/m);
  assert.match(out, /^Left out: the tool find_appointment/m);
  assert.match(out, /^Left out: knowledge: slimline ingest/m);
  assert.match(Deno.readTextFileSync(`${folder.path}/businesses/acme.md`), /You see no calendar/);
});

Deno.test("slimline init --dry-run shows what it would write, without secrets, and writes nothing", async () => {
  using folder = new TempFolder();
  const args = ["acme", "--number=+15551234567", "--dry-run"];
  const bare = await initIn(folder, args);
  assert.equal(bare.code, 0, bare.err);
  assert.deepEqual(folder.names(), []);
  const env = folder.write(".env", "SMTP_PASSWORD=of another\n");
  const { code, out } = await initIn(folder, args, {
    env: { ...KEYS, PUBLIC_URL: "https://me:hidden@voice.example.com" },
  });
  assert.equal(code, 0);
  assert.deepEqual(folder.names(), [".env"]);
  assert.equal(Deno.readTextFileSync(env), "SMTP_PASSWORD=of another\n");
  assert.match(out, /^--- .*businesses\/acme\.json\n\{$/m);
  assert.match(out, /^--- .*\.env \(for its owner alone\)$/m);
  assert.match(out, /^PUBLIC_URL=https:\/\/me:…@voice\.example\.com$/m);
  assert.match(out, /^OPENAI_API_KEY=\[14 characters, not shown\]$/m);
  assert.doesNotMatch(out, /sk-proj-secret|a token #|hidden|of another/);
  assert.match(out, /^Would write /m);
});

Deno.test("slimline init replaces a business only by --force", async () => {
  using folder = new TempFolder();
  const path = folder.write("businesses/acme.json", "mine");
  const refused = await initIn(folder, ["acme", "--number=+15551234567"]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /acme\.json is there already; --force replaces it/);
  assert.equal(Deno.readTextFileSync(path), "mine");
  assert.deepEqual(folder.names("businesses"), ["acme.json"]);
  assert.deepEqual(folder.names(), ["businesses"]);
  const forced = await initIn(folder, ["acme", "--number=+15551234567", "--force"]);
  assert.equal(forced.code, 0, forced.err);
  assert.match(Deno.readTextFileSync(path), /"Acme"/);
});

Deno.test("An .env that is there is completed, and loses nothing; only --force changes values", async () => {
  using folder = new TempFolder();
  const path = folder.write(
    ".env",
    "# mine\nexport PUBLIC_URL=https://old.example.com\nOTHER=1\nOPENAI_API_KEY=\n",
  );
  Deno.chmodSync(path, 0o644);
  const first = await initIn(folder, ["acme", "--number=+15551234567"], { env: KEYS });
  assert.equal(first.code, 0, first.err);
  const text = Deno.readTextFileSync(path);
  assert.match(
    text,
    /^# mine\nexport PUBLIC_URL=https:\/\/old\.example\.com\nOTHER=1\nOPENAI_API_KEY=sk-proj-secret\n/,
  );
  assert.match(text, /^TWILIO_AUTH_TOKEN="a token # with a hash"$/m);
  assert.equal(mode(path), 0o600);
  const second = await initIn(folder, ["acme", "--number=+15551234567", "--force"], { env: KEYS });
  assert.equal(second.code, 0, second.err);
  assert.match(Deno.readTextFileSync(path), /^PUBLIC_URL=https:\/\/voice\.example\.com$/m);
  assert.match(Deno.readTextFileSync(path), /^OTHER=1$/m);
});

Deno.test("A file that slimline init replaces is there whole at any moment, also behind a link", async () => {
  using folder = new TempFolder();
  const old = "OTHER=1\nOPENAI_API_KEY=\n";
  const kept = folder.write("kept/slimline.env", old);
  const { path } = folder;
  // Whoever makes links in Deno may write everywhere.
  new Deno.Command("bash", { args: ["-c", "ln -s kept/slimline.env .env"], cwd: path }).outputSync();
  Deno.linkSync(kept, `${path}/before.env`); // what a process that died in the middle would have left
  folder.write("businesses/acme.json", "{}");
  Deno.chmodSync(`${path}/businesses/acme.json`, 0o644);
  Deno.linkSync(`${path}/businesses/acme.json`, `${path}/before.json`);
  const { code, err } = await initIn(folder, ["acme", "--number=+15551234567", "--force"], { env: KEYS });
  assert.equal(code, 0, err);
  assert.deepEqual(
    [Deno.readTextFileSync(`${path}/before.env`), Deno.readTextFileSync(`${path}/before.json`)],
    [old, "{}"],
    "it was written in place",
  );
  assert.ok(Deno.lstatSync(`${path}/.env`).isSymlink);
  assert.match(Deno.readTextFileSync(kept), /^OTHER=1\nOPENAI_API_KEY=sk-proj-secret$/m);
  assert.equal(mode(kept), 0o600);
  assert.match(Deno.readTextFileSync(`${path}/businesses/acme.json`), /"Acme"/);
  assert.equal(mode(`${path}/businesses/acme.json`), 0o644);
  assert.deepEqual(folder.names("kept"), ["slimline.env"]);
});

for (const empty of ['""', "''", " # later", ""]) {
  Deno.test(`A key that .env leaves empty as ${JSON.stringify(empty)} is filled in`, async () => {
    using folder = new TempFolder();
    const path = folder.write(".env", `OPENAI_API_KEY=${empty}\r\nOTHER=1\r\n`);
    const made = await initIn(folder, ["acme", "--number=+15551234567"], { env: KEYS });
    assert.equal(made.code, 0, made.err);
    assert.match(Deno.readTextFileSync(path), /^OPENAI_API_KEY=sk-proj-secret\r?$/m);
  });
}

Deno.test("Without keys .env has them empty, and slimline init says so", async () => {
  using folder = new TempFolder();
  const { code, out } = await initIn(folder, ["acme", "--number=+15551234567"]);
  assert.equal(code, 0);
  assert.match(
    out,
    /^Still to be set.*: PUBLIC_URL, OPENAI_API_KEY, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN$/m,
  );
  assert.match(Deno.readTextFileSync(`${folder.path}/.env`), /^OPENAI_API_KEY=$/m);
});

for (
  const [args, problem] of [
    [["acme"], /--number is needed where nobody can be asked/],
    [["--number=+15551234567"], /A name for the business is needed/],
    [["株式会社", "--number=+15551234567"], /NAME has neither letters from a to z nor digits/],
    [["acme", "--number=12345"], /--number must be E\.164/],
    [["acme", "--number=+15551234567", "--hours=sometimes"], /--hours must be days and times, such as/],
    [["acme", "--number=+15551234567", "--hours=mon 25-26"], /--hours must be days and times/],
    [["acme", "--number=+15551234567", "--time-zone=Mars/Base"], /--time-zone must be an IANA time zone/],
    [["acme", "--number=+15551234567", "--language=german"], /--language must be an ISO-639 code/],
    [["acme", "--number=+15551234567", "--voice=no voice"], /--voice must be the name of a voice/],
    [["acme", "--number=+15551234567", "--transfer=Ann"], /--transfer must be NAME=NUMBER/],
    [
      ["acme", "--number=+15551234567", "--public-url=voice.example.com"],
      /--public-url must be an https URL/,
    ],
    [
      ["acme", "--number=+15551234567", "--from=hotel"],
      /no example "hotel"; there are office, dentist, restaurant/,
    ],
  ] as const
) {
  Deno.test(`slimline init ${args.join(" ")} is wrong usage, and writes nothing`, async () => {
    using folder = new TempFolder();
    const { code, err } = await initIn(folder, [...args]);
    assert.equal(code, 2);
    assert.match(err, problem);
    assert.deepEqual(folder.names(), []);
  });
}

Deno.test("A key that cannot be is refused, and never shown", async () => {
  using folder = new TempFolder();
  const { code, err } = await initIn(folder, ["acme", "--number=+15551234567"], {
    env: { OPENAI_API_KEY: "sk-geheim…" },
  });
  assert.equal(code, 2);
  assert.match(err, /OPENAI_API_KEY must be the key itself/);
  assert.doesNotMatch(err, /geheim/);
});

Deno.test("On a terminal slimline init asks for all that it does not know, again where an answer is none", async () => {
  using folder = new TempFolder();
  const terminal = new ScriptedTerminal([
    [/^Name, as it is spoken \[Praxis Dr\. Weber\]/, ""],
    [/^Twilio number/, "12"],
    [/^Twilio number/, "+1 555 123 4567"],
    [/^Opening hours/, "daily 9-17"],
    [/^Time zone \[.+\]/, "Europe/Berlin"],
    [/^Language.*\[en\]/, "de"],
    [/^Voice.*\[marin\]/, ""],
    [/^Number of "Front desk"/, "+49301234567"],
    [/^ :/, "A prescription."],
    [/^ :/, ""],
    [/^ :/, ""],
    [/^The https URL/, "https://voice.example.com/"],
    [/^Key of OpenAI/, "sk-secret"],
    [/^Account SID/, ""],
    [/^Auth token/, "secret"],
  ]);
  const { code, err } = await initIn(folder, ["Praxis", "Dr.", "Weber"], { terminal });
  assert.equal(code, 0, err);
  assert.deepEqual(terminal.left, []);
  assert.deepEqual(terminal.hidden, [
    "Key of OpenAI's API (empty: later, in .env):",
    "Auth token of Twilio (empty: later, in .env):",
  ]);
  assert.match(terminal.said.join("\n"), /It must be E\.164/);
  const business = JSON.parse(Deno.readTextFileSync(`${folder.path}/businesses/praxis-dr-weber.json`));
  assert.equal(business.name, "Praxis Dr. Weber");
  assert.deepEqual(business.hours.week.sunday, ["09:00-17:00"]);
  assert.equal(business.transfers[0].name, "Front desk");
  assert.equal(business.keys["0"].target, "Front desk");
  const env = parseEnvFile(Deno.readTextFileSync(`${folder.path}/.env`));
  assert.equal(env.get("TWILIO_AUTH_TOKEN"), "secret");
});

Deno.test("Whoever ends the questions has written nothing", async () => {
  using folder = new TempFolder();
  const { code, err } = await initIn(folder, ["acme"], {
    terminal: new ScriptedTerminal([[/^Name/, undefined]]),
  });
  assert.equal(code, 2);
  assert.match(err, /ended at the question/);
  assert.deepEqual(folder.names(), []);
});

Deno.test("A number that another business has is told, in whichever form that is written", async () => {
  using folder = new TempFolder();
  folder.write("businesses/other.yaml", "name: Other\nnumbers: ['+15551234567']\ninstructions: Answer.\n");
  const { code, out } = await initIn(folder, ["acme", "--number=+15551234567"]);
  assert.equal(code, 1);
  assert.match(out, /^To be mended: other\.yaml: numbers\[0\] is \+15551234567, which acme\.json has/m);
});

Deno.test("A fallback URL that is none is wrong usage, and writes nothing", async () => {
  using folder = new TempFolder();
  const { code, err } = await initIn(folder, ["acme", "--number=+15551234567", "--fallback-url=x"], {
    env: KEYS,
  });
  assert.equal(code, 2);
  assert.match(err, /--fallback-url must be an https URL/);
  assert.deepEqual(folder.names(), []);
});
