import { encodeBase64 } from "../../../audio/base64.ts";

/** A certificate and its key, as PEM. */
export interface KeyPairPem {
  /** The certificate. */
  cert: string;
  /** Its private key. */
  key: string;
}

const DAY_MS = 86_400_000;
/** How long a certificate is good that is made for one run. */
const VALID_DAYS = 30;
const NAMES = ["localhost"];
const ADDRESSES = [[127, 0, 0, 1], [...new Array(15).fill(0), 1]];

/**
 * A certificate of this machine's own names (RFC 5280), signed by its own key: P-256 with SHA-256. There is
 * no authority behind it, so a client has to be told to trust it.
 */
export async function selfSigned(epochMs: number): Promise<KeyPairPem> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const body = certificateBody(publicKey, epochMs);
  const signature = await crypto.subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    keys.privateKey,
    body,
  );
  const certificate = sequence(body, ECDSA_SHA256, bitString(derSignature(new Uint8Array(signature))));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", pkcs8) };
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Tags of ASN.1's Distinguished Encoding Rules (ITU-T X.690). */
const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  utf8String: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;
/** A tag of the enclosing structure's own, with its number, around other values or instead of their tags. */
const explicitTag = (number: number) => 0xa0 | number;
const implicitTag = (number: number) => 0x80 | number;

/** Object identifiers, as DER has them: ecdsa-with-SHA256, commonName, subjectAltName. */
const ECDSA_SHA256 = sequence(Uint8Array.of(0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
const COMMON_NAME = Uint8Array.of(0x06, 3, 0x55, 4, 3);
const SUBJECT_ALT_NAME = Uint8Array.of(0x06, 3, 0x55, 0x1d, 0x11);

function certificateBody(publicKey: Uint8Array, epochMs: number): Bytes {
  const text = (words: string) => new TextEncoder().encode(words);
  const name = sequence(
    der(TAG.set, sequence(COMMON_NAME, der(TAG.utf8String, text("Slimline emulator")))),
  );
  const names = sequence(
    ...NAMES.map((host) => der(implicitTag(2), text(host))),
    ...ADDRESSES.map((address) => der(implicitTag(7), Uint8Array.from(address))),
  );
  const serial = crypto.getRandomValues(new Uint8Array(8));
  serial[0] = serial[0] & 0x3f | 0x40; // positive, and without leading zeros
  return sequence(
    der(explicitTag(0), der(TAG.integer, Uint8Array.of(2))), // version 3
    der(TAG.integer, serial),
    ECDSA_SHA256,
    name,
    sequence(time(epochMs - DAY_MS), time(epochMs + VALID_DAYS * DAY_MS)),
    name,
    publicKey,
    der(explicitTag(3), sequence(sequence(SUBJECT_ALT_NAME, der(TAG.octetString, names)))),
  );
}

function time(epochMs: number): Bytes {
  const digits = new Date(epochMs).toISOString().replace(/[-:T]|\.\d+/g, "");
  return der(TAG.generalizedTime, new TextEncoder().encode(digits));
}

/** What WebCrypto gives as two numbers side by side, X.509 has as a sequence of two integers. */
function derSignature(raw: Uint8Array): Bytes {
  const half = raw.length / 2;
  return sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
}

function integer(bytes: Uint8Array): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(Math.max(0, first));
  return der(TAG.integer, digits[0] < 0x80 ? digits : Uint8Array.of(0, ...digits));
}

function bitString(bytes: Uint8Array): Bytes {
  return der(TAG.bitString, Uint8Array.of(0, ...bytes)); // no bit of the last byte is unused
}

function sequence(...parts: Uint8Array[]): Bytes {
  return der(TAG.sequence, ...parts);
}

function der(tag: number, ...parts: Uint8Array[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengthBytes = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...lengthBytes, ...parts.flatMap((part) => [...part])]);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
