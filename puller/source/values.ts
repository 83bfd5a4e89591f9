// What a Delivery's values make of an artifact: files are decrypted and variables filled in, what of them is secret is kept out of messages,
// and a keyed hash of those that were used tells whether it would be the same again.
import { createHmac } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { substitutionLimits } from '../../src/limits.ts';
import type { Decryption, PostBuild } from '../../src/api/delivery-values.ts';
import type { AgeIdentity } from '../../src/render/sops/age.ts';
import { decryptFiles, isEncryptedFile, type Opening } from '../../src/render/sops/decrypt.ts';
import { decryptMembers } from '../../src/render/sops/members.ts';
import { isInFolder, type Substitute, type Transforms } from '../../src/render/transforms.ts';
import type { ParsedResource } from '../../src/resources/parse.ts';
import type { Resource } from '../../src/resources/resource.ts';
import type { SourceFile } from '../../src/resources/validate.ts';
import { substituteResources, type Variables } from '../../src/render/substitution/substitute.ts';

/** Takes secret values out of a text. */
export type Hide = (text: string) => string;

export type ValueSource = {
  /**
   * The variables of a Delivery, as they are now.
   * @throws InputError `INPUT_MISSING`, `INPUT_INVALID`; KubeError
   */
  variables(postBuild: PostBuild, signal: AbortSignal): Promise<Variables>;
  /**
   * The identities that a Delivery's files are decrypted with, as they are now.
   * @throws InputError `INPUT_MISSING`, `INPUT_INVALID`; KubeError
   */
  identities(decryption: Decryption, signal: AbortSignal): Promise<readonly AgeIdentity[]>;
  /** Key of the hash, so that it says nothing about values that are easy to guess. */
  readonly hashKey: Buffer;
};

/** Whether a Delivery takes values of an object of its namespace. */
export function takesFrom(
  { postBuild, decryption }: Pick<Transforms, 'postBuild' | 'decryption'>,
  kind: string,
  name: string,
): boolean {
  if (kind === 'Secret' && decryption?.secretRef.name === name) return true;
  return postBuild?.substituteFrom?.some((one) => one.kind === kind && one.name === name) === true;
}

export type Filled = {
  /**
   * The files in clear; without those that are encrypted and not applied.
   * @throws ResourceError `NOT_DECRYPTED`, also where nothing is to be decrypted and something is encrypted
   */
  readonly decrypt: (files: readonly SourceFile[]) => Promise<readonly SourceFile[]>;
  /** Members of applied Secrets that are encrypted files in clear; throws the same. */
  readonly decryptMembers: (parsed: readonly ParsedResource[]) => readonly ParsedResource[];
  readonly substitute: Substitute | undefined;
  /** What the objects depend on beside the spec; of what was filled in by then. Keys of files decide nothing. */
  readonly key: () => string;
  readonly hide: () => Hide | undefined;
};

/** Where values come from, and whether a trusted signature covers the artifact that they are for. */
export type Filling = { readonly source: ValueSource | undefined; readonly isSigned: boolean };

/** Reads the values that the transforms need. */
export async function fillIn(
  { path, postBuild, decryption }: Transforms,
  { source, isSigned }: Filling,
  signal: AbortSignal,
): Promise<Filled> {
  const identities = decryption && (await source?.identities(decryption, signal));
  const opening: Opening | undefined = identities && { identities, isSigned };
  const variables = postBuild && (await source?.variables(postBuild, signal));
  const used = new Map<string, string | undefined>();
  const secrets = new Set<string>();
  const encrypted = new Set<string>();
  const fill = (parsed: readonly ParsedResource[], values: Variables): readonly Resource[] => {
    // Also where there is nothing to fill in: then no variable may stand where none can stay.
    const isIdle = values.size === 0 && postBuild?.substituteStrategy === 'WithVariables';
    if (isIdle) return parsed.map(({ resource }) => resource);
    const result = substituteResources(parsed, values, encrypted);
    for (const [name, value] of result.used) used.set(name, value);
    for (const secret of result.secrets) secrets.add(secret);
    return result.resources;
  };
  return {
    decrypt: async (files) => {
      const clear: SourceFile[] = [];
      for (const file of files) {
        // What is not applied may be for others.
        if (!isInFolder(file.path, path)) {
          if (!isEncryptedFile(file)) clear.push(file);
          continue;
        }
        const result = decryptFiles([file], opening);
        for (const secret of result.secrets) {
          secrets.add(secret);
          encrypted.add(secret);
        }
        clear.push(...result.files);
        // Reading takes about a second a MiB, and a process that holds a lease must renew it meanwhile.
        await nextTurn();
      }
      return clear;
    },
    decryptMembers: (parsed) =>
      parsed.flatMap((one) =>
        isInFolder(one.location.file, path) ? decryptMembers([one], opening, secrets) : [one],
      ),
    substitute: variables && ((parsed) => fill(parsed, variables)),
    key: () => (used.size === 0 || source === undefined ? '' : ` values:${hashOf(used, source.hashKey)}`),
    hide: () => hideAll(secrets),
  };
}

/** Variables that nothing uses change nothing. */
function hashOf(used: ReadonlyMap<string, string | undefined>, hashKey: Buffer): string {
  const entries = [...used].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHmac('sha256', hashKey).update(JSON.stringify(entries)).digest('base64url');
}

/** The longest first: one may be a part of another. Servers quote what they refuse, so each counts as Go quotes it, too. */
function hideAll(secrets: ReadonlySet<string>): Hide | undefined {
  const texts = [...new Set([...secrets].flatMap(waysToWrite))]
    .filter((text) => text.length >= substitutionLimits.secretLength)
    .sort((a, b) => b.length - a.length);
  if (texts.length === 0) return undefined;
  return (text) => texts.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
}

/** As it is, as JSON, as Go's JSON, which HTML may hold, and as Go's %q. */
function waysToWrite(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const goJson = json.replaceAll(/[<>&\u{2028}\u{2029}]/gu, escape);
  const quoted = json.replaceAll(
    /\\u00([0-9a-f]{2})/gu,
    (_, code: string) => shortEscapes[code] ?? `\\x${code}`,
  );
  return [secret, json, goJson, quoted];
}

/** Of Go, and not of JSON. */
const shortEscapes: Readonly<Record<string, string>> = { '07': '\\a', '0b': '\\v' };
