// What sops writes beside the values of a file that it has encrypted, as far as it is needed to decrypt it with age.
import { RE2JS } from '@bufbuild/re2';
import * as z from 'zod';
import { sopsLimits } from '../../limits.ts';

const pattern = z.string().max(sopsLimits.patternBytes).optional();

const metadataSchema = z.looseObject({
  age: z
    .array(z.looseObject({ enc: z.string().max(sopsLimits.ageBytes) }))
    .max(sopsLimits.recipients)
    .nullish(),
  lastmodified: z.string().max(64),
  mac: z.string().max(1024),
  mac_only_encrypted: z.boolean().optional(),
  unencrypted_suffix: pattern,
  encrypted_suffix: pattern,
  unencrypted_regex: pattern,
  encrypted_regex: pattern,
});

export type SopsMetadata = {
  /** The file's key, encrypted to each recipient. */
  readonly enveloped: readonly string[];
  readonly lastModified: string;
  readonly mac: string;
  readonly isMacOfEncrypted: boolean;
  /** Whether the values under a path are encrypted. */
  readonly isEncrypted: (path: readonly string[]) => boolean;
};

/** Whether a document says that sops has encrypted it. */
export function isSopsDocument(value: unknown): boolean {
  return metadataOf(value) !== undefined;
}

/** What identifies the file that a document was encrypted in: documents of one file have one mac. */
export function macOf(value: unknown): string | undefined {
  return metadataOf(value)?.mac;
}

function metadataOf(value: unknown): { readonly mac: string } | undefined {
  const parsed = z.looseObject({ sops: z.looseObject({ mac: z.string() }) }).safeParse(value);
  return parsed.data?.sops;
}

/** The metadata of a document, or why they can't be used. */
export function readMetadata(value: unknown): SopsMetadata | string {
  const parsed = z.looseObject({ sops: metadataSchema }).safeParse(value);
  if (!parsed.success) return 'has metadata of sops that are not readable';
  const { sops } = parsed.data;
  const beyond = unsupported.find((name) => isSet(sops[name]));
  if (beyond !== undefined) return `was encrypted with ${beyond}, which is not supported`;
  const enveloped = (sops.age ?? []).map(({ enc }) => enc);
  if (enveloped.length === 0) return 'was not encrypted for age';
  const isEncrypted = rulesOf(sops);
  if (isEncrypted === undefined) return 'has a pattern of encrypted members that is not valid';
  return {
    enveloped,
    lastModified: sops.lastmodified,
    mac: sops.mac,
    isMacOfEncrypted: sops.mac_only_encrypted ?? false,
    isEncrypted,
  };
}

/** Whether the values under a path are encrypted; undefined where the metadata can't be read. */
export function readRules(value: unknown): SopsMetadata['isEncrypted'] | undefined {
  const parsed = z.looseObject({ sops: metadataSchema }).safeParse(value);
  return parsed.success ? rulesOf(parsed.data.sops) : undefined;
}

/** Comments are not read, and Shamir's parts are not put together. */
const unsupported = [
  'encrypted_comment_regex',
  'unencrypted_comment_regex',
  'shamir_threshold',
  'key_groups',
];

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== 0;
}

type Rules = z.infer<typeof metadataSchema>;

/** Later rules decide over earlier ones, as sops has them. */
function rulesOf(sops: Rules): SopsMetadata['isEncrypted'] | undefined {
  const unencryptedRegex = compile(sops.unencrypted_regex);
  const encryptedRegex = compile(sops.encrypted_regex);
  if (unencryptedRegex === 'broken' || encryptedRegex === 'broken') return undefined;
  const endsWith = (suffix: string | undefined): Test | undefined =>
    suffix === undefined || suffix === '' ? undefined : (name) => name.endsWith(suffix);
  const exempt = [endsWith(sops.unencrypted_suffix), undefined, unencryptedRegex, undefined];
  const chosen = [undefined, endsWith(sops.encrypted_suffix), undefined, encryptedRegex];
  return (path) => {
    let isEncrypted = true;
    for (const [index, isExempt] of exempt.entries()) {
      const isChosen = chosen[index];
      if (isExempt !== undefined && path.some(isExempt)) isEncrypted = false;
      if (isChosen !== undefined) isEncrypted = path.some(isChosen);
    }
    return isEncrypted;
  };
}

type Test = (name: string) => boolean;

function compile(text: string | undefined): Test | 'broken' | undefined {
  if (text === undefined || text === '') return undefined;
  const parts = text.length * repetitionsOf(text);
  if (parts > sopsLimits.patternParts) return 'broken';
  try {
    const compiled = RE2JS.compile(text);
    const known = new Map<string, boolean>();
    let steps = 0;
    return (name) => {
      const before = known.get(name);
      if (before !== undefined) return before;
      steps += name.length * parts;
      if (steps > sopsLimits.patternSteps) throw new PatternLimitError();
      const found = compiled.test(name);
      known.set(name, found);
      return found;
    };
  } catch {
    return 'broken';
  }
}

/** A pattern of encrypted members takes too long on the names of a document. */
export class PatternLimitError extends Error {}

/** The most often that a part may stand there; RE2 refuses more than 1000, those within each other multiplied. */
function repetitionsOf(text: string): number {
  return [...text.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/gu)]
    .map(([, least, most]) => Math.max(1, Number(most || least)))
    .reduce((product, count) => Math.min(product * count, 1000), 1);
}
