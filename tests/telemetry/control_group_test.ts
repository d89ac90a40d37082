import assert from "node:assert/strict";
import { leastLimit, limitFiles } from "../../src/telemetry/control_group.ts";

Deno.test("limitFiles() asks each group from the root down to the process's own (version 2)", () => {
  assert.deepEqual(limitFiles("0::/system.slice/slimline.service\n"), [
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/system.slice/memory.max",
    "/sys/fs/cgroup/system.slice/slimline.service/memory.max",
  ]);
});

Deno.test("limitFiles() asks the memory controller of version 1 alone", () => {
  assert.deepEqual(limitFiles("9:name=systemd:/\n8:pids:/x\n4:cpu,memory:/docker/5d:9f\n"), [
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
    "/sys/fs/cgroup/memory/docker/5d:9f/memory.limit_in_bytes",
  ]);
});

Deno.test("limitFiles() finds none in what is no list of groups", () => {
  for (const text of ["", "\n", "nothing here"]) assert.deepEqual(limitFiles(text), []);
});

Deno.test("leastLimit() is the least of the limits that are set", () => {
  assert.equal(leastLimit("max\n536870912\n268435456\n"), 268_435_456);
});

Deno.test("leastLimit() knows what stands for no limit in either version", () => {
  assert.equal(leastLimit("max\n"), undefined);
  assert.equal(leastLimit("9223372036854771712\n"), undefined);
  assert.equal(leastLimit(""), undefined);
});
