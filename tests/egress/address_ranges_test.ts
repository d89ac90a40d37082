import assert from "node:assert/strict";
import fc from "fast-check";
import { addressKind, isAddress } from "../../src/egress/address_ranges.ts";

const EXAMPLES = {
  public: [
    "8.8.8.8",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "64:ff9b::8.8.8.8",
  ],
  private: [
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "fc00::1",
    "fdab::1",
    "::ffff:10.0.0.1",
  ],
  loopback: [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "[::1]",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
  ],
  forbidden: [
    ...["0.0.0.0", "0.1.2.3", "169.254.169.254", "192.0.0.192", "168.63.129.16", "100.100.100.200"],
    ...["224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.9"],
    ...["198.18.0.1", "192.88.99.1", "::", "::127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"],
    ...[
      "64:ff9b:1::1",
      "2002:7f00:1::",
      "2001::1",
      "2001:db8::1",
      "3fff::1",
      "fe80::1",
      "fec0::1",
      "ff02::1",
    ],
    ...[
      "fd00:ec2::254",
      "4000::1",
      "100::1",
      "fe80::1%eth0",
      "",
      "localhost",
      "2130706433",
      "0x7f.1",
      "256.1.1.1",
    ],
  ],
} as const;

Deno.test("addressKind() tells what an address leads to, in every notation", () => {
  for (const [kind, addresses] of Object.entries(EXAMPLES)) {
    for (const address of addresses) assert.equal(addressKind(address), kind, address);
  }
});

Deno.test("addressKind() reads the numbers that a URL may be written with, since the URL parser turns them into four parts", () => {
  for (
    const host of [
      "2130706433",
      "0x7f000001",
      "0177.0.0.1",
      "127.1",
      "0x7f.1",
      "[::ffff:127.0.0.1]",
      "127。0。0。1",
    ]
  ) {
    const { hostname } = new URL(`https://${host}/`);
    assert.ok(isAddress(hostname), host);
    assert.equal(addressKind(hostname), "loopback", host);
  }
});

Deno.test("addressKind() never calls an address public that carries a private one", () => {
  const part = fc.integer({ min: 0, max: 255 });
  fc.assert(fc.property(part, part, part, (b, c, d) => {
    for (
      const inner of [`10.${b}.${c}.${d}`, `127.${b}.${c}.${d}`, `169.254.${c}.${d}`, `192.168.${c}.${d}`]
    ) {
      for (const text of [inner, `::ffff:${inner}`, `::${inner}`, `64:ff9b::${inner}`, `::ffff:0:${inner}`]) {
        assert.notEqual(addressKind(text), "public", text);
      }
    }
  }));
});

Deno.test("What ends an address early and goes on is no address", () => {
  for (const text of ["[::ff@0.0///]", "::1]@1.1.1.1/[::", "::1]:80", "fe80::1%eth0"]) {
    assert.equal(isAddress(text), false, text);
    assert.equal(addressKind(text), "forbidden", text);
  }
});
