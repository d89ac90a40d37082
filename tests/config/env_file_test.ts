import assert from "node:assert/strict";
import { envLine, parseEnvFile, readEnvFile } from "../../src/config/env_file.ts";
import { AppError } from "../../src/util/errors.ts";
import { TempFolder } from "../support/temp_folder.ts";

function read(text: string): Record<string, string> {
  return Object.fromEntries(parseEnvFile(text));
}

Deno.test(".env is read in the forms that shells, Docker and dotenv write", () => {
  assert.deepEqual(
    read([
      "\uFEFF# a comment",
      "",
      "PORT=8080",
      "  HOST = 127.0.0.1  ",
      "export LOG_LEVEL=warn # why",
      "ADMIN_TOKEN='it is $HOME \\n # as it stands' # why",
      'OPENAI_REALTIME_MODEL="a \\"b\\" \\\\ c\\nd"',
      "BUSINESS_KEY=a#b",
      "TWILIO_AUTH_TOKEN=",
      "DATA_DIR=#none",
    ].join("\n")),
    {
      PORT: "8080",
      HOST: "127.0.0.1",
      LOG_LEVEL: "warn",
      ADMIN_TOKEN: "it is $HOME \\n # as it stands",
      OPENAI_REALTIME_MODEL: 'a "b" \\ c\nd',
      BUSINESS_KEY: "a#b",
      TWILIO_AUTH_TOKEN: "",
      DATA_DIR: "",
    },
  );
});

Deno.test("Variables of other programs in .env are left alone", () => {
  assert.deepEqual(read("PATH=/evil\nLD_PRELOAD=x\nOPENAI_API_KEY=sk-1\nBUSINESS_=x\nbusiness_key=x"), {
    OPENAI_API_KEY: "sk-1",
  });
});

for (const line of ["PUBLIC URL=x", "nonsense secret", 'PORT="80', "PORT='80' secret", "=secret"]) {
  Deno.test(`A line of .env that is none is named by its number and never shown: ${line}`, () => {
    assert.throws(() => read(`PORT=1\n${line}`), (error: unknown) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, "config_invalid");
      assert.match(error.message, /^\.env, line 2: NAME=VALUE is wanted/);
      assert.doesNotMatch(error.message, /secret|80/);
      return true;
    });
  });
}

for (
  const value of [
    "",
    "sk-proj_1",
    "https://a.example:8443/b?c=d",
    "two words",
    'a"b\\c',
    "a#b",
    "x\ny",
    "$HOME",
  ]
) {
  Deno.test(`A value that is written into .env is read back: ${JSON.stringify(value)}`, () => {
    assert.deepEqual(read(envLine("DATA_DIR", value)), { DATA_DIR: value });
  });
}

Deno.test("There may be no .env; one that is too large or no file is refused", async () => {
  using folder = new TempFolder();
  assert.equal((await readEnvFile(`${folder.path}/.env`)).size, 0);
  const most = folder.write("most", `PORT=1\n${"#".repeat(65_529)}`);
  assert.deepEqual([...await readEnvFile(most)], [["PORT", "1"]]);
  const other = folder.write("other", new Uint8Array([0x50, 0xff, 0xfe]));
  await assert.rejects(readEnvFile(other), { code: "config_invalid" });
  await assert.rejects(readEnvFile(folder.path), { code: "config_invalid" });
  const large = folder.write("large", "#".repeat(65_537));
  await assert.rejects(readEnvFile(large), /at most 65536/);
});

Deno.test("A value that all readers take without quotes is written without them", () => {
  assert.equal(envLine("A", "sk-proj_1@%+=:,./"), "A=sk-proj_1@%+=:,./");
  assert.equal(envLine("A", "two words"), 'A="two words"');
});

Deno.test(".env is read in a moment, whatever it says", () => {
  const spaces = " ".repeat(60_000);
  for (const value of [`a${spaces}b`, `'a'${spaces}b`, `a${spaces}#b`, `"${"\\\\".repeat(30_000)}`]) {
    const startMs = performance.now();
    try {
      read(`LOG_LEVEL=${value}`);
    } catch (error) {
      assert.ok(error instanceof AppError);
    }
    assert.ok(performance.now() - startMs < 1_000, value.slice(0, 3));
  }
});

Deno.test("A pipe in the place of .env is refused at once", async () => {
  using folder = new TempFolder();
  await new Deno.Command("bash", { args: ["-c", "mkfifo .env"], cwd: folder.path }).output();
  await assert.rejects(readEnvFile(`${folder.path}/.env`), /\.env cannot be read: it is no file/);
});
