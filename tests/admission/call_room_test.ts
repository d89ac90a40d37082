import assert from "node:assert/strict";
import { freeCalls } from "../../src/admission/gates.ts";

const ROOM = { slots: 1_000, memory: 1_000, live: 0, coreShare: 0 };

Deno.test("freeCalls() is the least of slots, memory and CPU", () => {
  assert.equal(freeCalls({ ...ROOM, slots: 7 }), 7);
  assert.equal(freeCalls({ ...ROOM, memory: 9 }), 9);
  // 0.8 of a core, 0.003 for each call.
  assert.equal(freeCalls(ROOM), 266);
  assert.equal(freeCalls({ ...ROOM, slots: 0 }), 0);
});

Deno.test("freeCalls() counts with what calls are measured to take once there are twenty", () => {
  assert.equal(freeCalls({ ...ROOM, live: 19, coreShare: 0.19 }), 203, "0.61 of a core at 0.003");
  assert.equal(freeCalls({ ...ROOM, live: 20, coreShare: 0.2 }), 60, "0.6 of a core at 0.01");
  assert.equal(freeCalls({ ...ROOM, slots: 9_000, memory: 9_000, live: 100, coreShare: 0.001 }), 1_598);
  assert.equal(freeCalls({ ...ROOM, live: 100, coreShare: 0.9 }), 0, "none where too much is used");
});
