// Files of an artifact in clear: each file that sops has encrypted is decrypted by age identities, and takes the place of
// the encrypted one as JSON, document by document at its line. Its mac is verified where no signature covers the file.
// https://getsops.io/docs/
import { createHash, timingSafeEqual } from 'node:crypto';
import { ResourceError } from '../../errors.ts';
import { sopsLimits } from '../../limits.ts';
import { readOrdered, type OrderedDocument } from '../../resources/ordered.ts';
import type { SourceFile } from '../../resources/validate.ts';
import { openAge, type AgeIdentity, type Tries } from './age.ts';
import { decryptValue, isEncryptedValue } from './cipher.ts';
import { isSopsDocument, macOf, PatternLimitError, readMetadata, type SopsMetadata } from './metadata.ts';
import { decryptTree, ValueError } from './tree.ts';

export type DecryptedFiles = {
  readonly files: readonly SourceFile[];
  /** Texts that were encrypted: they must not be told. */
  readonly secrets: ReadonlySet<string>;
};

/** With what, and how strictly, something is decrypted. */
export type Opening = {
  readonly identities: readonly AgeIdentity[];
  /**
   * Whether somebody who is trusted has signed the very bytes. Then the mac needs not fit: kustomize sorts members, and
   * adds some. Each value is bound to its path all the same.
   */
  readonly isSigned: boolean;
};

/**
 * The files with all that is encrypted in clear.
 * @param opening absent where nothing is to be decrypted: then nothing may be encrypted
 * @throws ResourceError `NOT_DECRYPTED` with the file, and why
 */
export function decryptFiles(files: readonly SourceFile[], opening: Opening | undefined): DecryptedFiles {
  const secrets = new Set<string>();
  return { files: files.map((file) => decryptFile(file, opening, secrets)), secrets };
}

/** Whether a file has documents that sops has encrypted. */
export function isEncryptedFile(file: SourceFile): boolean {
  return readEncrypted(file).encrypted.length > 0;
}

/** What stands in everything that is encrypted. */
export const mark = 'ENC[AES256_GCM,';

type Encrypted = {
  readonly documents: readonly OrderedDocument[];
  readonly encrypted: readonly OrderedDocument[];
};

function readEncrypted({ path, bytes }: SourceFile): Encrypted {
  const none = { documents: [], encrypted: [] };
  // Most files are not, and are read once.
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(mark)) return none;
  const { documents, problems } = readOrdered(path, bytes);
  // What is no YAML is told by whoever reads the objects.
  if (problems.length > 0) return none;
  const encrypted = documents.filter(({ value }) => isSopsDocument(value) && !isForAnOperator(value));
  return { documents, encrypted };
}

function decryptFile(file: SourceFile, opening: Opening | undefined, secrets: Set<string>): SourceFile {
  const { documents, encrypted } = readEncrypted(file);
  const [first] = encrypted;
  const withKey = new Set(encrypted);
  for (const document of documents) if (!withKey.has(document)) refuseStray(document);
  if (first === undefined) return file;
  if (opening === undefined) return refuseSealed(first);
  const clear = new Map<OrderedDocument, unknown>();
  for (const group of groupsOf(encrypted)) {
    for (const [document, value] of decryptGroup(group, opening, secrets)) clear.set(document, value);
  }
  return { path: file.path, bytes: write(documents, clear) };
}

/** kustomize copies values into other objects, and takes a `List` apart: what stands beside no key would be applied as it is. */
function refuseStray(document: OrderedDocument): void {
  const path = findEncrypted(document.value);
  if (path === undefined) return;
  throw refused(document, `has an encrypted value without its key beside it: ${path.join('.')}`, {
    hint: 'Encrypt the object itself with sops; no value of another one can be copied into it.',
  });
}

/** The path of the first value that is encrypted. */
function findEncrypted(value: unknown): readonly string[] | undefined {
  if (isEncryptedValue(value)) return [];
  if (typeof value !== 'object' || value === null || isForAnOperator(value)) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const found = findEncrypted(member);
    if (found !== undefined) return [name, ...found];
  }
  return undefined;
}

/** Objects whose operator decrypts them have to stay as they are. */
function isForAnOperator(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'SopsSecret';
}

/** Documents that were encrypted together: the mac is over all of them. */
function groupsOf(documents: readonly OrderedDocument[]): readonly (readonly OrderedDocument[])[] {
  return [...Map.groupBy(documents, ({ value }) => macOf(value)).values()];
}

/** @throws ResourceError `NOT_DECRYPTED` */
export function refuseSealed(document: SopsDocument): never {
  throw refused(document, 'is encrypted by sops, and the Delivery decrypts nothing', {
    hint: 'Set spec.decryption of the Delivery, and let its TrustPolicy allow the transform decryption.',
  });
}

/** A document, and how messages name it where it is no file. */
export type SopsDocument = OrderedDocument & { readonly subject?: string };

/**
 * Documents that were encrypted together, each with its value in clear.
 * @param secrets gets the texts that were encrypted
 * @throws ResourceError `NOT_DECRYPTED`
 */
export function decryptGroup<T extends SopsDocument>(
  group: readonly T[],
  { identities, isSigned }: Opening,
  secrets: Set<string>,
): readonly (readonly [T, unknown])[] {
  const [first] = group;
  if (first === undefined) return [];
  const metadata = readMetadata(first.value);
  if (typeof metadata === 'string') throw refused(first, metadata);
  const tries = { left: sopsLimits.tries };
  const key = openKey(metadata, identities, tries);
  if (key === undefined && tries.left <= 0)
    throw refused(
      first,
      `has keys for more recipients than are tried: ${sopsLimits.tries} with all identities`,
    );
  if (key === undefined) {
    const { length } = metadata.enveloped;
    throw refused(
      first,
      `is encrypted for ${length} recipients, and none of the ${identities.length} identities is one`,
      {
        hint: 'Encrypt it for the public key of an identity in the Secret of spec.decryption.',
      },
    );
  }
  const hash = createHash('sha512');
  if (metadata.isMacOfEncrypted) hash.update(macOnlyEncrypted);
  const values = group.map((document): readonly [T, unknown] => {
    if (document.tree === undefined) throw refused(document, 'is encrypted, and has aliases or merges');
    try {
      return [document, decryptTree(document.tree, { key, metadata, hash, secrets })];
    } catch (error) {
      if (error instanceof PatternLimitError)
        throw refused(document, 'has a pattern of encrypted members that takes too long');
      if (!(error instanceof ValueError)) throw error;
      throw refused(document, `has a value that can not be decrypted: ${error.path.join('.')}`, {
        hint: 'It was changed or moved, or added in clear, after the others were encrypted: encrypt the file anew.',
      });
    }
  });
  if (!isSigned) assertMac(first, metadata, { key, sum: hash.digest('hex').toUpperCase() });
  return values;
}

/** sops begins such hashes with these bytes, so that the two kinds of mac never agree. */
const macOnlyEncrypted = createHash('sha256').update('sops').digest();
const unsigned =
  'It was changed after it was encrypted, as by kustomize when it renders: that is taken only where a TrustPolicy has the artifact signed.';

function openKey(
  { enveloped }: SopsMetadata,
  identities: readonly AgeIdentity[],
  tries: Tries,
): Buffer | undefined {
  for (const armored of enveloped) {
    const key = openAge(armored, identities, tries);
    if (key?.length === 32) return key;
  }
  return undefined;
}

/** "ciphertext of one file in another": each value is bound to its path by itself, and all of them by the mac. */
function assertMac(
  document: SopsDocument,
  { mac, lastModified }: SopsMetadata,
  { key, sum }: { readonly key: Buffer; readonly sum: string },
): void {
  const found = decryptValue(mac, key, lastModified)?.macBytes;
  if (found?.length === sum.length && timingSafeEqual(found, Buffer.from(sum))) return;
  throw refused(document, 'has another mac than its values', { hint: unsigned });
}

export function refused(
  { location, subject = 'file' }: SopsDocument,
  what: string,
  options: { readonly hint?: string } = {},
): ResourceError {
  return new ResourceError('NOT_DECRYPTED', `${subject} ${what}`, location, options);
}

/** Each document at the line where it stood, so that later problems name it. */
function write(documents: readonly OrderedDocument[], clear: ReadonlyMap<OrderedDocument, unknown>): Buffer {
  let text = '';
  let line = 1;
  for (const [index, document] of documents.entries()) {
    if (index > 0) {
      text += '\n---\n';
      line += 2;
    }
    const target = document.location.line ?? line;
    text += '\n'.repeat(Math.max(0, target - line));
    line = Math.max(line, target);
    text += escapeLines(JSON.stringify(clear.get(document) ?? document.value));
  }
  return Buffer.from(`${text}\n`);
}

/** YAML takes these only as escapes. */
function escapeLines(json: string): string {
  return json.replaceAll(
    /[\u{7f}-\u{9f}\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
