/**
 * What an IP address leads to.
 * - `public`: the internet.
 * - `private`: a network of the operator's own (RFC 1918, CGNAT, unique local).
 * - `loopback`: this machine.
 * - `forbidden`: nothing that a URL should ever name: link-local (the metadata services of clouds are there),
 *   multicast, unspecified, documentation, reserved and translation ranges.
 */
export type AddressKind = "public" | "private" | "loopback" | "forbidden";

/** A range by its first address and the length of its prefix. */
type Range = readonly [string, number, AddressKind];

/**
 * Source: IANA IPv4 Special-Purpose Address Registry. The first range that fits counts, and public is what
 * none fits.
 */
const IPV4_RANGES: readonly Range[] = [
  ["100.100.100.200", 32, "forbidden"], // metadata of Alibaba Cloud, within CGNAT
  ["168.63.129.16", 32, "forbidden"], // platform of Azure, within public space
  ["10.0.0.0", 8, "private"],
  ["172.16.0.0", 12, "private"],
  ["192.168.0.0", 16, "private"],
  ["100.64.0.0", 10, "private"], // CGNAT, RFC 6598
  ["127.0.0.0", 8, "loopback"],
  ["0.0.0.0", 8, "forbidden"],
  ["169.254.0.0", 16, "forbidden"],
  ["192.0.0.0", 24, "forbidden"],
  ["192.0.2.0", 24, "forbidden"],
  ["192.88.99.0", 24, "forbidden"],
  ["198.18.0.0", 15, "forbidden"],
  ["198.51.100.0", 24, "forbidden"],
  ["203.0.113.0", 24, "forbidden"],
  ["224.0.0.0", 3, "forbidden"], // multicast, reserved, broadcast
];

/**
 * Source: IANA IPv6 Special-Purpose Address Registry. Only 2000::/3 is given out as global unicast; all else
 * is forbidden.
 */
const IPV6_RANGES: readonly Range[] = [
  ["::1", 128, "loopback"],
  ["fd00:ec2::254", 128, "forbidden"], // metadata of AWS
  ["fd20:ce::254", 128, "forbidden"], // metadata of Google Cloud
  ["fc00::", 7, "private"],
  ["2001::", 23, "forbidden"], // Teredo, ORCHID, benchmarking
  ["2001:db8::", 32, "forbidden"],
  ["2002::", 16, "forbidden"], // 6to4: an IPv4 address of anybody's choice
  ["3fff::", 20, "forbidden"],
  ["2000::", 3, "public"],
];

/**
 * Prefixes whose last 32 bits are an IPv4 address that the packet ends up at: mapped (RFC 4291), NAT64 (RFC
 * 6052).
 */
const CARRIERS_OF_IPV4: readonly bigint[] = [readIpv6("::ffff:0:0")!, readIpv6("64:ff9b::")!].map((prefix) =>
  prefix >> 32n
);

/** What an address leads to, in whatever notation. What is no address is `forbidden`. */
export function addressKind(address: string): AddressKind {
  const four = readIpv4(address);
  if (four !== undefined) return kindIn(IPV4, four, 32, "public");
  const six = readIpv6(address);
  if (six === undefined) return "forbidden";
  if (CARRIERS_OF_IPV4.includes(six >> 32n)) return kindIn(IPV4, six & 0xffff_ffffn, 32, "public");
  return kindIn(IPV6, six, 128, "forbidden");
}

/** True for an IP address, as it stands in a URL (`[::1]`) or without brackets. */
export function isAddress(host: string): boolean {
  return readIpv4(host) !== undefined || readIpv6(host) !== undefined;
}

interface ReadRange {
  readonly prefix: bigint;
  readonly bits: number;
  readonly kind: AddressKind;
}

const IPV4 = readRanges(IPV4_RANGES, 32);
const IPV6 = readRanges(IPV6_RANGES, 128);

function readRanges(ranges: readonly Range[], width: number): ReadRange[] {
  return ranges.map(([first, bits, kind]) => ({
    prefix: (readIpv4(first) ?? readIpv6(first)!) >> BigInt(width - bits),
    bits,
    kind,
  }));
}

function kindIn(
  ranges: readonly ReadRange[],
  address: bigint,
  width: number,
  otherwise: AddressKind,
): AddressKind {
  const range = ranges.find(({ prefix, bits }) => address >> BigInt(width - bits) === prefix);
  return range?.kind ?? otherwise;
}

/**
 * Four decimal parts: URLs and resolvers give no other notation, since the URL parser turns all others into
 * this one.
 */
function readIpv4(text: string): bigint | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const parts = text.split(".").map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum << 8n | BigInt(part), 0n);
}

/** The URL parser knows every notation, and writes each in one way. */
function readIpv6(text: string): bigint | undefined {
  const inner = text.startsWith("[") ? text.slice(1, -1) : text;
  // Such as `::1]@`, by which a URL ends up elsewhere.
  if (!/^[0-9a-f.]*:[0-9a-f:.]*$/i.test(inner)) return undefined;
  const host = URL.parse(`http://[${inner}]/`)?.hostname.slice(1, -1);
  if (host === undefined) return undefined;
  const [head, tail] = host.split("::").map((part) => part === "" ? [] : part.split(":"));
  const gap = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array<string>(gap).fill("0"), ...tail ?? []];
  return groups.reduce((sum, group) => sum << 16n | BigInt(`0x${group}`), 0n);
}
