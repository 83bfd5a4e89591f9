// The inputs of publish. action.yml has the same names (a test compares them); all problems are reported at once.
import * as z from 'zod';
import { InputError } from '../../src/errors.ts';
import { parseRewrites, type RewriteRule } from '../../src/images/rewrite.ts';
import { parseTag, type Reference } from '../../src/oci/reference.ts';
import type { SourceOptions } from '../../src/operations/read-sources.ts';
import type { SignatureFormat } from '../../src/signing/signer.ts';
import type { RunContext } from '../shared/context.ts';
import { flag, lines, parsed, requiredText, text } from '../shared/fields.ts';
import type { Host } from '../shared/host.ts';
import type { Problems } from '../shared/problems.ts';
import { readAll, type Taken } from '../shared/read-all.ts';
import {
  maskRegistrySecrets,
  parseRepository,
  readRegistry,
  registryFields,
  type RegistryAccess,
} from '../shared/registry-inputs.ts';
import { renderShape, toSourceOptions } from '../shared/render-inputs.ts';
import {
  maskSigningSecrets,
  optionalSigningFields,
  readSigning,
  type Signing,
} from '../shared/signing-inputs.ts';
import {
  commitUrlOf,
  parseCreated,
  parseSource,
  readAnnotations,
  revisionAnnotation,
} from './annotations.ts';
import { readPath, toChosen, type PublishedPath } from './paths.ts';

/** One member an input of action.yml. */
export const inputsSchema = z.object({
  repository: parsed(requiredText, parseRepository),
  path: requiredText,
  ...renderShape,
  exclude: z.string(),
  tags: lines,
  annotations: lines,
  secrets: text.pipe(z.enum(['deny', 'warn', 'allow'], 'is neither deny nor warn nor allow')),
  validate: flag,
  'rewrite-images': lines,
  'lock-images': flag,
  source: parsed(text, parseSource),
  revision: text.regex(/^[^\r\n]*$/u, 'has several lines'),
  created: parsed(text, parseCreated),
  ...optionalSigningFields,
  'signature-storage': text.pipe(z.enum(['referrer', 'tag', 'both'], 'is neither referrer nor tag nor both')),
  provenance: flag,
  ...registryFields,
  'dry-run': flag,
  summary: flag,
  'commit-status': flag,
  'github-token': text,
});

type Values = z.infer<typeof inputsSchema>;

/** How a signature lies in the registry: as a bundle that refers to the artifact, or below cosign's `.sig` tag. */
const formats = {
  referrer: ['bundle'],
  tag: ['legacy'],
  both: ['bundle', 'legacy'],
} as const satisfies Record<Values['signature-storage'], readonly SignatureFormat[]>;

/** What a run of publish is to do. */
export type Inputs = {
  readonly reference: Pick<Reference, 'registry' | 'repository'>;
  readonly path: PublishedPath;
  readonly render: SourceOptions;
  readonly tags: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly secrets: Values['secrets'];
  /** Whether objects are checked against the schemas of their kinds. */
  readonly validates: boolean;
  /** By which images get other names. */
  readonly rewrites: readonly RewriteRule[];
  readonly locksImages: boolean;
  readonly revision: string | undefined;
  /** Page of the commit that `revision` names, where it is the workflow's. */
  readonly commitUrl: string | undefined;
  readonly signing: Signing;
  readonly signatureFormats: readonly SignatureFormat[];
  /** Whether it is attested where the artifact comes from, where anybody signs. */
  readonly hasProvenance: boolean;
  /** The input `path` as it was given. */
  readonly givenPath: string;
  /** The input `trusted-root` as it was given. */
  readonly trustedRoot: string;
  readonly registry: RegistryAccess;
  readonly isDryRun: boolean;
  readonly hasSummary: boolean;
};

/**
 * Masks what is secret, then reads and checks every input.
 * @throws FailuresError of InputError and SigningError
 */
export async function readInputs(host: Host, context: RunContext): Promise<Inputs> {
  maskSigningSecrets(host, context);
  maskRegistrySecrets(host);
  host.mask(host.input('github-token').trim());
  return readAll(host, inputsSchema, (values, problems, whole) =>
    complete(values, context, { problems, whole }),
  );
}

async function complete(
  values: Taken<Values>,
  context: RunContext,
  { problems, whole }: { readonly problems: Problems; readonly whole: Values | undefined },
): Promise<Inputs | undefined> {
  const path = await readPath(values.path, context, problems);
  const render = whole && (await toSourceOptions(whole, context, problems));
  const sources = path && render && toChosen(path, render, problems);
  const tags = await problems.attempt('tags', () => tagsOf(values.tags ?? [], context));
  const rewrites = await problems.attempt('rewrite-images', () =>
    parseRewrites(values['rewrite-images'] ?? [], 'rule'),
  );
  const annotations = await readAnnotations(values, context, problems);
  const isDryRun = values['dry-run'] === true;
  const signing = await readSigning(values, context, { problems, isDryRun });
  // A dry run asks no registry, and for a fork it has no password.
  const login = isDryRun ? { ...values, 'registry-username': '', 'registry-password': '' } : values;
  const registry = await readRegistry(login, context, problems);
  if (whole === undefined || path === undefined || sources === undefined) return undefined;
  if (tags === undefined || rewrites === undefined) return undefined;
  if (signing === undefined || registry === undefined) return undefined;
  const revision = annotations[revisionAnnotation];
  return {
    reference: whole.repository,
    path,
    render: { ...sources, exclude: whole.exclude },
    tags,
    annotations,
    secrets: whole.secrets,
    validates: whole.validate,
    rewrites,
    locksImages: whole['lock-images'],
    revision,
    commitUrl: commitUrlOf(revision, context),
    signing,
    signatureFormats: formats[whole['signature-storage']],
    hasProvenance: whole.provenance,
    givenPath: whole.path,
    trustedRoot: whole['trusted-root'],
    registry,
    isDryRun: whole['dry-run'],
    hasSummary: whole.summary,
  };
}

function tagsOf(given: readonly string[], { refType, refName, commit }: RunContext): readonly string[] {
  if (given.length > 0) return [...new Set(given)].map(parseTag);
  if (refType === 'tag' && refName !== undefined) return [parseTag(refName)];
  if (commit !== undefined) return [parseTag(`sha-${commit.slice(0, 12)}`)];
  throw new InputError('INPUT_MISSING', 'there is no default, since GITHUB_SHA is not set');
}
