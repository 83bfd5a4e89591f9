// Authorities with the keys of the test signers.
import type { KeyAuthority } from '../../src/signing/authority.ts';
import type { Quorum } from '../../src/trust/authorities.ts';
import { signerNamed } from './signers.ts';

/** The authority of this name, with the key of a signer: of that of the same name, unless told otherwise. */
export async function authorityNamed(name: string, signerName: string = name): Promise<KeyAuthority> {
  return { name, key: (await signerNamed(signerName)).verifyKey };
}

/** A quorum of authorities with the signers of their names. */
export async function quorumOf(names: readonly string[], threshold = 1): Promise<Quorum> {
  return { authorities: await Promise.all(names.map((name) => authorityNamed(name))), threshold };
}
