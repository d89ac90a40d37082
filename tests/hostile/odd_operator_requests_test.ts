import assert from "node:assert/strict";
import { ServerRig } from "../support/server_rig.ts";

const CALL = `CA${"1".repeat(32)}`;

/** Values that no operator means, in queries and paths. */
const ODD_VALUES = [
  "",
  "%00",
  "%ff",
  "null",
  "[]",
  "-1",
  "1e999",
  "9".repeat(400),
  "..%2f..%2fetc%2fpasswd",
  "%2e%2e%2f",
  "a".repeat(5_000),
  "%E2%80%AE",
  "'%20OR%201=1",
  "*",
  "NEAR(",
  "a%20AND",
  "%7Bx%7D%20:%20y",
  "2026-13-45T99:99",
  `CA${"g".repeat(32)}`,
  btoa('{"startedAt":1,"callSid":[]}'),
  btoa("[[[["),
];

const PARAMETERS = ["call", "business", "since", "until", "number", "reason", "q", "limit", "cursor", "x"];

/** Where a value may stand. */
const places = (value: string) => [
  ...PARAMETERS.map((name) => `/records?${name}=${value}`),
  `/records/${value}/recording`,
  `/calls/${value}`,
  `/dashboard/talk?call=${value}`,
  `/dashboard/records?q=${value}`,
  `/dashboard/records?cursor=${value}`,
  `/dashboard/sign-in?code=${value}`,
];

const ODD_BODIES = [
  "",
  "{",
  "null",
  "[]",
  '"x"',
  '{"action":null}',
  '{"action":"end","x":1}',
  '{"action":{"__proto__":1}}',
  '{"action":"transfer","to":{}}',
  '{"action":"tell","words":[]}',
  '{"__proto__":{"action":"end"}}',
  "[".repeat(30_000),
  '{"to":"+15551234567","from":["a"],"business":{}}',
  '{"to":"+1","variables":{"a":{"b":1}}}',
  '{"to":"\\u0000"}',
  '{"to":"+4915112345678","from":"+15550100000","business":"default","variables":{"constructor":"x"}}',
];
const TYPES = ["application/json", "text/plain", "application/json; charset=utf-7"];
const TARGETS = ["/calls", `/calls/${CALL}`, "/calls/%00", "/drain", "/dashboard/login"];

Deno.test("nothing that an operator asks for is an internal error, however odd it is", async () => {
  await using rig = await ServerRig.start();
  const wrong: string[] = [];
  const ask = async (path: string, init: RequestInit = {}) => {
    const { status, body } = await rig.ask(path, init);
    await body?.cancel();
    if (status >= 500) {
      wrong.push(`${status}: ${init.method ?? "GET"} ${path.slice(0, 80)} ${init.body ?? ""}`);
    }
  };
  for (const path of ODD_VALUES.flatMap(places)) await ask(path);
  for (const body of ODD_BODIES) {
    for (const type of TYPES) {
      for (const target of TARGETS) {
        await ask(target, { method: "POST", body, headers: { "content-type": type } });
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.doesNotMatch(rig.server.log, /"level":"(?:error|fatal)"/);
});
