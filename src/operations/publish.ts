// Publish: validate → pack → push by digest → sign → attach → read back and verify → only then tag. Whatever fails on
// the way, no tag points to anything unverified.
import { packArtifact, type ArtifactFile, type PackedFiles } from '../artifact/pack.ts';
import { artifactLayer, fetchLayer, pushArtifact } from '../artifact/artifact.ts';
import { assertLayerHolds } from '../artifact/read-layer.ts';
import { ContentError, PromotionError, type ResourceError } from '../errors.ts';
import type { ContentStore } from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';
import { parseManifest, type Content } from '../oci/manifest.ts';
import { parseTag } from '../oci/reference.ts';
import { findPlaintextSecrets, refusePlaintextSecrets } from '../resources/plaintext-secrets.ts';
import { formatIdentity, identityOf } from '../resources/resource.ts';
import { sealedMembersOf } from '../render/sops/members.ts';
import { isResourceFile, readResources } from '../resources/validate.ts';
import type { SignatureFormat, Signer } from '../signing/signer.ts';
import { provenanceOf, type ProvenanceFacts } from './provenance.ts';
import { ensureSigned, type Signed, type SigningRequest } from './sign.ts';
import type { CheckedFiles } from './check.ts';
import { assertFit, describeFit } from './fit.ts';
import type { Ports } from './ports.ts';

export type PublishRequest = {
  readonly store: ContentStore;
  readonly files: readonly ArtifactFile[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Whether Secrets may hold values that anyone could read; they may not by default. */
  readonly allowPlaintextSecrets?: boolean | undefined;
  /** Hears of those that are allowed. */
  readonly onPlaintextSecrets?: ((found: readonly ResourceError[]) => void) | undefined;
  /** Whether objects are checked against the schemas of their kinds before anything is sent. */
  readonly validate?: boolean | undefined;
  /** Without one nobody vouches for what is tagged, and no policy accepts it. */
  readonly signer: Signer | undefined;
  /** How the signature is stored; a bundle alone by default. */
  readonly signatureFormats?: readonly SignatureFormat[] | undefined;
  /** HOST/PATH of the store: legacy signatures and provenance name it. */
  readonly repository?: string | undefined;
  /** What is said of where the files come from; without it nothing is. */
  readonly provenance?:
    | (Pick<ProvenanceFacts, 'path' | 'source' | 'revision' | 'rendering' | 'env'> & {
        readonly startedMs: number;
      })
    | undefined;
  /** Immutable tags; one that shows another digest already is refused. */
  readonly tags: readonly string[];
};

export type Published = {
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** Whether anything new was written: a tag, or the artifact. */
  readonly isChanged: boolean;
  /** Manifest that carries the signature, of the first format asked for; undefined without a signer. */
  readonly signatureDigest: Digest | undefined;
  /** All that is signed: signatures, then provenance. */
  readonly signed: readonly Signed[];
  /** Objects, as people write them. */
  readonly resources: readonly string[];
  /** Bytes of the layer. */
  readonly size: number;
  /** What validating has found that is no problem. */
  readonly warnings: readonly ResourceError[];
};

/** What is published, before anything is sent. */
export type Prepared = {
  /** Files with objects, and these. */
  readonly checked: CheckedFiles;
  readonly packed: PackedFiles;
  /** Objects, as people write them. */
  readonly resources: readonly string[];
};

/**
 * Validates and packs: all of publish that needs neither registry nor key, so that a dry run tells the digest.
 * @throws FailuresError of ResourceError, InvalidReferenceError, ArchiveError
 */
export function prepare(
  request: Pick<
    PublishRequest,
    'files' | 'annotations' | 'tags' | 'allowPlaintextSecrets' | 'onPlaintextSecrets'
  >,
  { log }: Pick<Ports, 'log'>,
): Prepared {
  const { files, annotations, tags, allowPlaintextSecrets = false } = request;
  for (const tag of tags) parseTag(tag);
  // A puller passes over other files: an image lock lies beside them.
  const sources = files.filter(({ path }) => isResourceFile(path));
  const parsed = readResources(sources);
  if (!allowPlaintextSecrets) refusePlaintextSecrets(sources, parsed, sealedMembersOf);
  else request.onPlaintextSecrets?.(findPlaintextSecrets(sources, parsed, sealedMembersOf));
  const resources = parsed.map(({ resource }) => formatIdentity(identityOf(resource)));
  log(`validated ${resources.length} objects in ${sources.length} files`);
  const checked = { files: sources, resources: parsed };
  return { packed: packArtifact(files, annotations), resources, checked };
}

/**
 * The rest of validating: objects against the schemas of their kinds, those of the artifact's own CRDs included.
 * @returns what could not be checked, or is deprecated
 * @throws FailuresError of ResourceError
 */
export async function validate(
  { checked }: Pick<Prepared, 'checked'>,
  { log }: Pick<Ports, 'log'>,
): Promise<readonly ResourceError[]> {
  const result = await assertFit(checked);
  log(describeFit(result, checked.resources.length));
  for (const { code, message } of result.warnings) log(`warning: ${code}: ${message}`);
  return result.warnings;
}

/** @throws every error of its steps; `TAG_EXISTS` and `TAG_MOVED` of its own */
export async function publish(request: PublishRequest, ports: Ports): Promise<Published> {
  const { store, tags } = request;
  const { signal } = ports;
  const prepared = prepare(request, ports);
  const { packed, resources } = prepared;
  const warnings = request.validate === true ? await validate(prepared, ports) : [];
  const { digest } = packed.manifest.descriptor;
  const present = await findTags(store, tags, digest, signal);
  await pushArtifact(store, packed, signal);
  ports.log(`pushed ${digest} (${packed.layer.bytes.byteLength} bytes)`);
  const signing = signingOf(request, ports);
  const signed =
    signing === undefined ? [] : await ensureSigned(store, packed.manifest.descriptor, signing, ports);
  await readBack(store, packed, signal);
  ports.log('read back and verified');
  for (const tag of tags.filter((candidate) => !present.has(candidate))) {
    // Looked at once more: it may have been written since.
    await findTags(store, [tag], digest, signal);
    await writeTag(store, packed.manifest, tag, signal);
    ports.log(`tagged ${tag}`);
  }
  return {
    digest,
    tags,
    isChanged: tags.some((tag) => !present.has(tag)),
    signatureDigest: signed[0]?.digest,
    signed,
    resources,
    size: packed.layer.bytes.byteLength,
    warnings,
  };
}

/**
 * The tags that show this digest already.
 * @throws PromotionError `TAG_EXISTS`
 */
async function findTags(
  store: ContentStore,
  tags: readonly string[],
  digest: Digest,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  for (const tag of tags) {
    const current = await resolveTag(store, tag, signal);
    if (current === digest) present.add(tag);
    else if (current !== undefined) {
      throw new PromotionError('TAG_EXISTS', `tag ${tag} shows ${current} already`, {
        hint: 'Published tags are immutable: choose another, or move a channel with `sealift promote`.',
      });
    }
  }
  return present;
}

/** What a tag shows, or undefined where there is no such tag. */
export async function resolveTag(
  store: ContentStore,
  tag: string,
  signal?: AbortSignal,
): Promise<Digest | undefined> {
  try {
    return (await store.resolve(tag, signal)).descriptor.digest;
  } catch (error) {
    if (error instanceof ContentError && error.code === 'CONTENT_MISSING') return undefined;
    throw error;
  }
}

/**
 * Points a tag and looks again: registries have no lock on tags.
 * @throws PromotionError `TAG_MOVED`
 */
export async function writeTag(
  store: ContentStore,
  manifest: Content,
  tag: string,
  signal?: AbortSignal,
): Promise<void> {
  await store.tag(manifest, tag, signal);
  const shown = await resolveTag(store, tag, signal);
  if (shown !== manifest.descriptor.digest) {
    throw new PromotionError('TAG_MOVED', `tag ${tag} was written, but shows ${shown ?? 'nothing'}`, {
      hint: 'Somebody else wrote it at the same time; see who, then run this again.',
    });
  }
}

function signingOf(request: PublishRequest, ports: Ports): SigningRequest | undefined {
  const { signer, files, tags, annotations, provenance, repository = '' } = request;
  const { signatureFormats: formats } = request;
  if (signer === undefined) return undefined;
  return {
    signer,
    repository,
    ...(formats === undefined ? {} : { formats }),
    ...(provenance === undefined
      ? {}
      : {
          attestations: [
            provenanceOf({
              ...provenance,
              files: files.length,
              repository,
              tags,
              annotations,
              finishedMs: ports.now(),
            }),
          ],
        }),
  };
}

/**
 * What a puller will see must be what was meant: manifest and files, from the registry; signatures were read back. Bytes
 * of the digest that was packed need no second look at their files and objects.
 * @throws ContentError `DIGEST_MISMATCH`, `SIZE_MISMATCH`; ArchiveError `ARCHIVE_INVALID`
 */
async function readBack(
  store: ContentStore,
  { manifest, tar }: PackedFiles,
  signal?: AbortSignal,
): Promise<void> {
  const shown = await store.resolve(manifest.descriptor.digest, signal);
  const layer = artifactLayer(parseManifest(shown.bytes));
  await assertLayerHolds(fetchLayer(store, layer, signal), tar);
}
