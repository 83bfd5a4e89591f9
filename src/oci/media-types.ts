// The media types that Sealift writes and reads.

export const mediaTypes = {
  /** image-spec manifest and index. */
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  /** image-spec "empty descriptor": the two bytes `{}`. */
  empty: 'application/vnd.oci.empty.v1+json',
  imageConfig: 'application/vnd.oci.image.config.v1+json',
  /** Flux's types, so that Flux and Argo CD read our artifacts and we read theirs. */
  fluxConfig: 'application/vnd.cncf.flux.config.v1+json',
  fluxContent: 'application/vnd.cncf.flux.content.v1.tar+gzip',
  /** cosign: the Sigstore bundle as a referrer, and the layers of the legacy `.sig` tag. */
  sigstoreBundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  simpleSigning: 'application/vnd.dev.cosign.simplesigning.v1+json',
} as const;

const manifestTypes: ReadonlySet<string> = new Set([
  mediaTypes.manifest,
  mediaTypes.index,
  mediaTypes.dockerManifest,
  mediaTypes.dockerIndex,
]);

/** Whether content of this type is stored under `/manifests/` and not as a blob. */
export function isManifestType(mediaType: string): boolean {
  return manifestTypes.has(mediaType);
}

/** Whether content of this type lists manifests. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}

/** The Accept header of a manifest request: some registries answer 404 without it. */
export const manifestAccept = [...manifestTypes].join(', ');
