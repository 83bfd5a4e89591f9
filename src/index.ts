// The library: what the CLI and the Action are made of, for those who build their own.
export { packArtifact, type ArtifactFile, type PackedArtifact } from './artifact/pack.ts';
export { spoolArtifact, type SpooledArtifact, type StreamedFile } from './artifact/pack-stream.ts';
export { pushArtifact } from './artifact/artifact.ts';
export { unpackLayer } from './artifact/unpack.ts';
export { unpackTo, type UnpackOptions } from './artifact/unpack-to.ts';
export { copyGraph, type CopyReport, type CopyRequest } from './copy/copy.ts';
export { errorCodeOf, FailuresError, isSealiftError, SealiftError, type ErrorCode } from './errors.ts';
export { openLayout, type LayoutStore } from './layout/layout.ts';
export {
  editLayoutTar,
  openLayoutTar,
  type LayoutTarSource,
  type LayoutTarStore,
} from './layout/tar-store.ts';
export { fetchBytes, type ContentSource, type ContentStore } from './oci/content-store.ts';
export { parseDigest, type Digest } from './oci/digest.ts';
export { createMemoryStore, type MemoryStore } from './oci/memory-store.ts';
export { parseReference, type Reference } from './oci/reference.ts';
export { collectFiles, type Collected } from './operations/collect.ts';
export { readSources, type Rendering, type SourceOptions, type Sources } from './operations/read-sources.ts';
export type { Ports } from './operations/ports.ts';
export { promote, type Promoted, type PromoteRequest } from './operations/promote.ts';
export { publish, type Published, type PublishRequest } from './operations/publish.ts';
export { signArtifact, type SignedArtifact, type SigningRequest } from './operations/sign.ts';
export { verifyArtifact, type Verified } from './operations/verify.ts';
export { connectRegistries, type Connections } from './registry/connect.ts';
export { passwordCredential, tokenCredential, type Credential } from './registry/credentials/credential.ts';
export { createKeychain, givenCredential, type Keychain } from './registry/credentials/keychain.ts';
export { userKeychain } from './registry/credentials/sources.ts';
export { createCredentialWorld } from './registry/credentials/world.ts';
export { userSettings } from './registry/user-settings.ts';
export { readResources } from './resources/validate.ts';
export { startRegistry, type Registry, type RegistryOptions } from './server/registry.ts';
export { generateKeyPair, parseSigningKey, parseVerifyKey, type VerifyKey } from './signing/keys.ts';
export { commandSigner } from './signing/command-signer.ts';
export { openServices } from './signing/keyless/ask.ts';
export { keylessSigner, type KeylessOptions } from './signing/keyless/keyless-signer.ts';
export { parseSigningConfig, type SigningServices } from './signing/keyless/services.ts';
export type { KeylessSigner, KeySigner, SignatureFormat, Signer } from './signing/signer.ts';
