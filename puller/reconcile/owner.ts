// Who owns an applied object: an id that is the same for one Delivery of one installation and unlike any other's. It
// stands in the owner label and in the name of the field manager.
import { createHash } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const managerPrefix = 'sealift-';

/** Lower-case base32 (RFC 4648, without padding) of the first 128 bits of a text's SHA-256: 26 characters. */
export function shortHash(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  let bits = 0;
  let value = 0;
  let encoded = '';
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      encoded += alphabet[(value >>> bits) & 31] ?? '';
      value &= (1 << bits) - 1;
    }
  }
  return bits === 0 ? encoded : encoded + (alphabet[(value << (5 - bits)) & 31] ?? '');
}

export function ownerIdOf(
  installId: string,
  { namespace, name }: { namespace: string; name: string },
): string {
  return shortHash(`${installId}/${namespace}/${name}`);
}

export function fieldManagerOf(ownerId: string): string {
  return `${managerPrefix}${ownerId}`;
}

/** The owner id in a field manager's name, or undefined for other managers. */
export function ownerIdOfManager(manager: string | undefined): string | undefined {
  return manager?.startsWith(managerPrefix) === true ? manager.slice(managerPrefix.length) : undefined;
}
