import assert from "node:assert/strict";
import { COOKIE, LOGIN_LIFETIME_MS, SessionCookie } from "../../../src/http/dashboard/session_cookie.ts";
import { ManualClock } from "../../support/manual_clock.ts";

const TOKEN = "a long random string";

function rig(token = TOKEN) {
  const clock = new ManualClock();
  return { clock, cookie: new SessionCookie(token, () => clock.epoch()) };
}

/** What the browser sends back of a `Set-Cookie`. */
const sent = (header: string): string => header.split(";")[0];

Deno.test("SessionCookie takes what it issued, among other cookies too", async () => {
  const { cookie } = rig();
  const header = sent(await cookie.issue(false));
  assert.equal(await cookie.isValid(header), true);
  assert.equal(await cookie.isValid(`theme=dark; ${header}; a=b`), true);
});

Deno.test("SessionCookie is out of reach of scripts and other sites, and tells nothing of the token", async () => {
  const { cookie } = rig();
  const plain = await cookie.issue(false);
  for (const attribute of ["HttpOnly", "SameSite=Strict", "Path=/dashboard", "Max-Age=43200"]) {
    assert.ok(plain.split("; ").includes(attribute), attribute);
  }
  assert.ok(!plain.includes("Secure") && !plain.includes(TOKEN));
  assert.match(await cookie.issue(true), /; Secure$/);
});

Deno.test("SessionCookie lasts for its time and no longer", async () => {
  const { clock, cookie } = rig();
  const header = sent(await cookie.issue(false));
  clock.advance(LOGIN_LIFETIME_MS - 1);
  assert.equal(await cookie.isValid(header), true);
  clock.advance(1);
  assert.equal(await cookie.isValid(header), false);
});

Deno.test("SessionCookie takes nothing that is forged, changed, or of another token", async () => {
  const { cookie } = rig();
  const header = sent(await cookie.issue(false));
  const [expires, signature] = header.slice(COOKIE.length + 1).split(".");
  const flipped = signature.slice(0, -1) + (signature.endsWith("0") ? "1" : "0");
  const wrong = [
    null,
    "",
    `${COOKIE}=`,
    `${COOKIE}=${expires}`,
    `${COOKIE}=${Number(expires) + 1}.${signature}`,
    `${COOKIE}=${expires}.${flipped}`,
    `${COOKIE}=${expires}.${signature}0`,
    `${COOKIE}=9${expires}.${signature}`,
    `not_${header}`,
    sent(await rig("another long string").cookie.issue(false)),
  ];
  for (const each of wrong) assert.equal(await cookie.isValid(each), false, `${each}`);
});
