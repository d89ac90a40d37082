import assert from "node:assert/strict";
import { callProblem, lookUpNumber, OWN_COUNTRY } from "../../src/carrier/number_plan.ts";

const US = "+12025550123";
const GERMANY = "+4930123456";
const BRITAIN = "+442079460958";

Deno.test("callProblem() lets a business call its own country by one word, which is not its country code", async () => {
  const own = (from: string, to: string) => callProblem(from, to, [OWN_COUNTRY]);
  assert.equal(await own(US, "+13105550123"), undefined);
  assert.equal(await own(GERMANY, "+491711234567"), undefined);
  for (
    const to of ["+18765550123", "+18095550123", "+12425550123", "+14165550123", GERMANY, "+15550100001"]
  ) {
    assert.equal(await own(US, to), "not_listed", to);
  }
  assert.equal(await own(BRITAIN, "+441534456789"), "not_listed", "Jersey is not Great Britain");
});

Deno.test("callProblem() goes by the prefixes that are listed", async () => {
  assert.equal(await callProblem(US, GERMANY, ["+49"]), undefined);
  assert.equal(await callProblem(US, GERMANY, ["+4930", "+43"]), undefined);
  assert.equal(await callProblem(US, GERMANY, ["+48", "+4989"]), "not_listed");
  assert.equal(await callProblem(US, GERMANY, []), "not_listed");
});

const COSTLY = {
  "+19005550123": "+1900",
  "+12129765555": "+1212976",
  "+499001234567": "+49900",
  "+491805123456": "+49180",
  "+449012345678": "+4490",
  "+448712345678": "+4487",
  "+447012345678": "+4470",
  "+33899123456": "+3389",
  "+870773111111": "+870",
  "+881612345678": "+881",
  "+882161234567": "+882",
  "+883510001234": "+883",
  "+979123456789": "+979",
  "+878101234567": "+878",
};

Deno.test("callProblem() refuses premium and satellite numbers, unless a prefix of their own is listed", async () => {
  for (const [to, prefix] of Object.entries(COSTLY)) {
    const { callingCode } = await lookUpNumber(to);
    const wide = [OWN_COUNTRY, "+1", "+44", "+49", "+33", "+8", "+87", "+88", "+97", "+3", "+4"];
    assert.equal(await callProblem(to, to, wide), "costly", `${to} of +${callingCode}`);
    assert.equal(await callProblem(US, to, [prefix]), undefined, to);
  }
});
