import assert from "node:assert/strict";
import { LazyTelephone, type Telephone, type TelephoneServer } from "../../src/app/lazy_telephone.ts";

const anybody = { guard: (handler: never) => handler, shown: (page: never) => page };

/** A telephone that cannot be loaded at first, and how often it was disposed of. */
function rig(failures: number) {
  let loads = 0;
  let disposals = 0;
  const handler = () => new Response("here");
  const telephone: Telephone = {
    page: () => Promise.resolve(handler()),
    worklet: handler,
    line: handler,
    speech: handler,
    update: () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(void disposals++),
  };
  const load = () =>
    ++loads > failures ? Promise.resolve(() => telephone) : Promise.reject(new Error("no file descriptor"));
  const lazy = new LazyTelephone(load, {} as TelephoneServer, anybody as never);
  const get = async () =>
    await lazy.routes["GET /dashboard/telephone/line"](new Request("http://localhost/"), "127.0.0.1");
  return { lazy, get, disposals: () => disposals };
}

Deno.test("LazyTelephone whose code could not be loaded loads it for the next request", async () => {
  const { lazy, get, disposals } = rig(1);
  await assert.rejects(get, /no file descriptor/);
  assert.equal(await (await get()).text(), "here");
  await lazy[Symbol.asyncDispose]();
  assert.equal(disposals(), 1);
});

Deno.test("LazyTelephone is disposed of once, also while it loads or where it could not be loaded", async () => {
  const failed = rig(1);
  await assert.rejects(failed.get);
  await failed.lazy[Symbol.asyncDispose]();
  assert.equal(failed.disposals(), 0);

  const loading = rig(0);
  const asked = loading.get();
  await loading.lazy[Symbol.asyncDispose]();
  await asked;
  assert.equal(loading.disposals(), 1);
});
