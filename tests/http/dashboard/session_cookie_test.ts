import assert from "node:assert/strict";
import { COOKIE, SessionCookie } from "../../../src/http/dashboard/session_cookie.ts";

const TOKEN = "a long random string";
const IDS = ["b1946ac9-2492-4d23-a7c1-0123456789ab", "12.b1946ac9-2492-4d23-a7c1-0123456789ab"];

/** What the browser sends back of a `Set-Cookie`. */
const sent = (header: string): string => header.split(";")[0];

Deno.test("SessionCookie tells the id of the session that it was issued for, among other cookies too", async () => {
  const cookie = new SessionCookie(TOKEN);
  for (const id of IDS) {
    const header = sent(await cookie.issue(id, false));
    assert.equal(await cookie.idIn(header), id);
    assert.equal(await cookie.idIn(`theme=dark; ${header}; a=b`), id);
  }
});

Deno.test("SessionCookie is out of reach of scripts and other sites, and tells nothing of the token", async () => {
  const cookie = new SessionCookie(TOKEN);
  const plain = await cookie.issue(IDS[0], false);
  for (const attribute of ["HttpOnly", "SameSite=Strict", "Path=/dashboard", "Max-Age=28800"]) {
    assert.ok(plain.split("; ").includes(attribute), attribute);
  }
  assert.ok(!plain.includes("Secure") && !plain.includes(TOKEN));
  assert.match(await cookie.issue(IDS[0], true), /; Secure$/);
});

Deno.test("SessionCookie takes nothing that is forged, changed, or of another token", async () => {
  const cookie = new SessionCookie(TOKEN);
  const header = sent(await cookie.issue(IDS[0], false));
  const [id, signature] = header.slice(COOKIE.length + 1).split(".");
  const flipped = signature.slice(0, -1) + (signature.endsWith("0") ? "1" : "0");
  const wrong = [
    null,
    "",
    `${COOKIE}=`,
    `${COOKIE}=${id}`,
    `${COOKIE}=${id.replace("b", "c")}.${signature}`,
    `${COOKIE}=${id}.${flipped}`,
    `${COOKIE}=${id}.${signature}0`,
    `${COOKIE}=0.${id}.${signature}`,
    `not_${header}`,
    sent(await new SessionCookie("another long string").issue(id, false)),
  ];
  for (const each of wrong) assert.equal(await cookie.idIn(each), undefined, `${each}`);
});
