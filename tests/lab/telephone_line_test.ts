import assert from "node:assert/strict";
import { muLawDecodeSample, muLawEncodeSample } from "../../src/audio/mulaw.ts";
import {
  MU_LAW_VALUES,
  muLawCode,
  RateChanger,
  SILENT_CODE,
} from "../../src/lab/telephone/page/line_codec.js";
import { MAX_PLAYOUT_BYTES, Playout } from "../../src/lab/telephone/page/playout.js";

Deno.test("The page's mu-law is that of the server, code by code", () => {
  for (let code = 0; code < 256; code++) {
    assert.ok(32768 * MU_LAW_VALUES[code] === muLawDecodeSample(code), `${code}`);
  }
  for (let sample = -32768; sample <= 32767; sample++) {
    assert.equal(muLawCode(sample / 32768), muLawEncodeSample(sample), `${sample}`);
  }
});

/** How much of a tone is left at another rate, and how much of anything else comes with it, in dB. */
function toneThrough(hz: number, fromHz: number, toHz: number): { gainDb: number; restDb: number } {
  const changer = new RateChanger(fromHz, toHz);
  const out: number[] = [];
  for (let at = 0; at < 2 * fromHz; at++) {
    changer.push(Math.sin(2 * Math.PI * hz * at / fromHz));
    while (changer.isReady) out.push(changer.read());
  }
  const heard = out.slice(toHz / 2, toHz / 2 + toHz); // a whole second, past the beginning
  let cos = 0, sin = 0, energy = 0;
  heard.forEach((value, at) => {
    cos += value * Math.cos(2 * Math.PI * hz * at / toHz);
    sin += value * Math.sin(2 * Math.PI * hz * at / toHz);
    energy += value * value;
  });
  const amplitude = 2 * Math.hypot(cos, sin) / toHz;
  const rest = Math.max(1e-12, 2 * energy / toHz - amplitude ** 2);
  return { gainDb: 20 * Math.log10(amplitude), restDb: 10 * Math.log10(rest) };
}

for (const deviceHz of [44_100, 48_000, 16_000, 96_000]) {
  Deno.test(`RateChanger carries speech between 8 kHz and ${deviceHz} Hz, and no false tones`, () => {
    for (const hz of [300, 1_000, 3_000]) {
      for (const [from, to] of [[8_000, deviceHz], [deviceHz, 8_000]]) {
        const { gainDb, restDb } = toneThrough(hz, from, to);
        assert.ok(Math.abs(gainDb) < 0.5, `${hz} Hz from ${from} to ${to}: ${gainDb} dB`);
        assert.ok(restDb < -50, `beside ${hz} Hz from ${from} to ${to}: ${restDb} dB`);
      }
    }
    const { gainDb, restDb } = toneThrough(5_000, deviceHz, 8_000); // would be heard as 3 kHz
    assert.ok(Math.max(gainDb, restDb) < -50, `5 kHz leaves ${gainDb} and ${restDb} dB`);
  });
}

/** A playout, and the marks that it has told. */
function playout() {
  const marks: string[] = [];
  const begun: number[] = [];
  return {
    marks,
    begun,
    player: new Playout((mark) => marks.push(mark), (atMs) => begun.push(atMs)),
  };
}

const take = (player: Playout, count: number) => Array.from({ length: count }, () => player.next());

Deno.test("Playout plays in order, and tells a mark when all sound before it has been taken", () => {
  const { player, marks, begun } = playout();
  player.mark("at once");
  assert.deepEqual(marks.splice(0), ["at once"]);
  player.push(new Uint8Array(160).fill(1), 1_000);
  player.mark("a");
  player.push(new Uint8Array(160).fill(2), 1_010);
  player.mark("b");
  player.mark("c");
  assert.deepEqual(take(player, 159), Array(159).fill(1));
  assert.deepEqual(marks, []);
  assert.equal(player.next(), 1);
  assert.deepEqual(marks, ["a"]);
  assert.deepEqual(take(player, 160), Array(160).fill(2));
  assert.deepEqual([marks, begun], [["a", "b", "c"], [1_000]]);
  assert.equal(player.next(), SILENT_CODE);
});

Deno.test("Playout throws everything away at a clear, and tells its marks at once", () => {
  const { player, marks } = playout();
  player.push(new Uint8Array(8_000).fill(1), 0);
  player.mark("a");
  take(player, 100);
  player.clear();
  assert.deepEqual([marks, player.queuedBytes, player.next()], [["a"], 0, SILENT_CODE]);
});

Deno.test("Playout waits 20 ms for more, and longer when an answer has run dry", () => {
  const { player } = playout();
  player.push(new Uint8Array(40).fill(1), 0);
  assert.equal(take(player, 300).indexOf(1), 160); // a lone scrap is heard too, a little later
  player.push(new Uint8Array(160).fill(2), 0);
  assert.equal(take(player, 600).indexOf(2), 320, "what follows soon waits for twice as much");
  take(player, 8_000);
  player.push(new Uint8Array(320).fill(3), 0);
  assert.equal(player.next(), 3, "a new answer of 40 ms waits for nothing");
});

Deno.test("Playout holds ten minutes, and loses what comes beyond", () => {
  const { player } = playout();
  for (let part = 0; part < 11; part++) player.push(new Uint8Array(480_000), 0);
  assert.equal(player.queuedBytes, MAX_PLAYOUT_BYTES);
});
