import assert from "node:assert/strict";
import { readBusiness } from "../../src/businesses/read_business.ts";
import { addressKind, isAddress } from "../../src/egress/address_ranges.ts";
import { readWeekHours } from "../../src/cli/init/week_hours.ts";
import { AppError } from "../../src/util/errors.ts";
import { envLine, parseEnvFile } from "../../src/config/env_file.ts";
import { ConfigError, loadConfig } from "../../src/config/config.ts";
import { decodeWav, encodeWav, WavError } from "../../src/audio/wav.ts";
import { PERSONAL_KINDS } from "../../src/observability/redaction/redact_text.ts";
import { redactRecord } from "../../src/records/redact_record.ts";
import { callProblem } from "../../src/carrier/number_plan.ts";
import { recordWith } from "../records/records.ts";
import { fuzzed, NEVER } from "./fuzzed.ts";
import { mutatedBytes, mutatedJson, mutatedText } from "./mutate.ts";

/** Longer texts of a call are cut before. */
const MAX_SPOKEN_CHARS = 16_000;

const example = (name: string) =>
  JSON.parse(Deno.readTextFileSync(new URL(`../../businesses/${name}.example.json`, import.meta.url)));

const ENVIRONMENT = {
  PUBLIC_URL: "https://voice.example.com",
  OPENAI_API_KEY: "sk-test",
  TWILIO_AUTH_TOKEN: `AC${"1".repeat(32)}:one,two`,
  TWILIO_ACCOUNT_SID: `AC${"1".repeat(32)}`,
  PORT: "8080",
  HOST: "127.0.0.1",
  PRIVATE_HOSTS: "10.0.0.1, host.internal:8080",
  OPENAI_PRICES: '{"models":{"gpt-realtime-2.1":{"textIn":4,"audioIn":32,"audioOut":64}}}',
  MAX_CALLS: "20",
  MEMORY_LIMIT_MB: "512",
};

const ENV_FILES = [
  '# a comment\nexport PORT=8080 # why\nADMIN_TOKEN=\'as it \\n is\'\nBUSINESS_KEY="a \\"b\\" \\\\ c\\nd"\n',
  'OPENAI_API_KEY=\nPUBLIC_URL = https://voice.example.com\r\nHOST="127.0.0.1"#x\n',
];

const SPOKEN = [
  "My name is Ada Lovelace, and my number is plus four nine, one five one, 123 45 67.",
  "ada@example.com, card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00",
  '{"callerName":"Ada Lovelace","phone":"+4915112345678","guests":[2,{"name":"Bob"}]}',
];

/** What is read from files, settings and the words of a call. */
export const FILE_READERS = {
  "a business file": () => {
    const corpus = ["dentist", "restaurant"].map(example);
    return fuzzed<string>({
      make: (random) => mutatedJson(random, corpus),
      read: async (text) => {
        const read = await readBusiness("acme.json", text, {
          named: { id: "acme", by: "the file's name" },
          secrets: () => "a secret of a test",
          readInstructions: () => Promise.resolve("Answer."),
        });
        if ("problems" in read) assert.ok(read.problems.length > 0);
        else assert.ok(Object.isFrozen(read.business));
      },
      isDeclared: NEVER,
    });
  },
  "the environment": () =>
    fuzzed<Record<string, string>>({
      make: (random) => {
        const env: Record<string, string> = { ...ENVIRONMENT };
        const names = Object.keys(ENVIRONMENT);
        for (let left = 1 + random.int(3); left > 0; left--) {
          env[random.pick(names)] = mutatedText(random, Object.values(ENVIRONMENT));
        }
        return env;
      },
      read: (env) => loadConfig({ env }),
      isDeclared: (error) => error instanceof ConfigError,
    }),
  "a file .env": () =>
    fuzzed<string>({
      make: (random) => mutatedText(random, ENV_FILES),
      read: (text) => {
        for (const [name, value] of parseEnvFile(text)) {
          // What is written again is read as the same.
          assert.equal(parseEnvFile(envLine(name, value)).get(name), value);
        }
      },
      isDeclared: (error) => error instanceof AppError && error.code === "config_invalid",
    }),
  "opening hours as people write them": () =>
    fuzzed<string>({
      make: (random) =>
        mutatedText(random, ["mon-fri 8-12 13:00-17:30, sat 9-12", "daily 22-6", "always", "sun–tue 0-24:00"])
          .slice(0, 300),
      read: (text) => readWeekHours(text),
      isDeclared: NEVER,
    }),
  "a WAV file": () => {
    const pcm = encodeWav(Int16Array.from({ length: 800 }, (_, index) => index * 7));
    const corpus = [pcm, pcm.slice(0, 60), encodeWav(new Int16Array(10), 44_100)];
    return fuzzed<Uint8Array>({
      make: (random) => mutatedBytes(random, corpus),
      read: (bytes) => {
        const { sampleRateHz, samples } = decodeWav(bytes);
        assert.ok(sampleRateHz > 0 && samples.length <= bytes.length);
      },
      isDeclared: (error) => error instanceof WavError,
    });
  },
  "a host's address": () =>
    fuzzed<string>({
      make: (random) =>
        mutatedText(random, [
          "10.0.0.1",
          "[::ffff:127.0.0.1]",
          "2130706433",
          "0x7f.1",
          "fe80::1%eth0",
          "1.1.1.1",
        ])
          .slice(0, 300),
      read: (host) => isAddress(host) ? addressKind(host) : undefined,
      isDeclared: NEVER,
    }),
  "a telephone number": () =>
    fuzzed<string>({
      make: (random) =>
        "+" + mutatedText(random, ["15550100001", "4915112345678", "8816123456789"]).slice(0, 300),
      read: (number) => callProblem("+15550100000", number, ["own country", "+49"]),
      isDeclared: NEVER,
    }),
  "what was said, to be redacted": () =>
    fuzzed<string[]>({
      make: (random) => [0, 1, 2].map(() => mutatedText(random, SPOKEN).slice(0, MAX_SPOKEN_CHARS)),
      read: async ([user, args, output]) => {
        const record = recordWith({
          transcript: [
            { kind: "user", atMs: 0, text: user },
            { kind: "assistant", atMs: 1, text: output, cut: false },
            {
              kind: "tool",
              atMs: 2,
              name: "book",
              arguments: args,
              output,
              outcome: "done",
              tookMs: 1,
            } as never,
          ],
        });
        const redacted = await redactRecord(record, ["caller", ...PERSONAL_KINDS]);
        assert.equal(redacted.transcript.length, 3);
      },
      isDeclared: NEVER,
    }),
};
