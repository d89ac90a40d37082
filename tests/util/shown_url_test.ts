import assert from "node:assert/strict";
import { shownUrl } from "../../src/util/shown_url.ts";

Deno.test("shownUrl() leaves out who logs in, whatever the scheme", () => {
  for (const scheme of ["https", "wss", "mongodb+srv", "git+ssh", "H2C", "x-a.b"]) {
    assert.equal(shownUrl(`${scheme}://ann:secret@db.test/a@b?c=d@e`), `${scheme}://db.test/a@b?c=d@e`);
  }
  assert.equal(shownUrl("https://db.test/a@b"), "https://db.test/a@b");
  assert.equal(shownUrl("/a?b=c@d"), "/a?b=c@d");
});
