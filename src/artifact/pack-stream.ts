// Files of any size to the bytes of an artifact, in little memory: each file is read once, and the layer waits in a
// spool until it is pushed. The bytes are those of `packArtifact`.
import { setImmediate } from 'node:timers/promises';
import { InputError } from '../errors.ts';
import { packLimits } from '../limits.ts';
import type { Bytes, OpenBytes } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { createLayerBuilder, type LayerBuilder } from './layer-builder.ts';
import { formatArtifact, type ArtifactFile, type PackedArtifact } from './pack.ts';
import { createSpool, type SpoolOptions } from './spool.ts';
import { planTar, tarParts, type PackLimits, type SizedFile, type TarPlan } from './tar-parts.ts';

/** A file that is read when its turn comes, once. */
export type StreamedFile = {
  /** Relative path with forward slashes. */
  readonly path: string;
  /** Bytes that it has: what it gives then must be as many. */
  readonly size: number;
  readonly open: OpenBytes;
};

/** An artifact whose layer is read from where it waits. */
export type SpooledArtifact = Omit<PackedArtifact, 'layer'> & {
  readonly layer: { readonly descriptor: Descriptor; readonly open: OpenBytes };
  /** Forgets the layer; to be called in every case. */
  close(): Promise<void>;
};

export type SpoolArtifactOptions = SpoolOptions & {
  /** Above the default ones lies what no puller takes. */
  readonly limits?: PackLimits | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Packs files as a stream. On a failure nothing is left.
 * @throws ArchiveError `ARCHIVE_EMPTY`, `ARCHIVE_TOO_LARGE`, `ENTRY_LIMIT`, `ENTRY_UNSAFE_PATH`; InputError
 *   `INPUT_INVALID`, `FILE_UNREADABLE` where a file's size changes or the disk is full; what `open` throws
 */
export async function spoolArtifact(
  files: readonly (ArtifactFile | StreamedFile)[],
  annotations: Readonly<Record<string, string>>,
  { limits = packLimits, signal, ...place }: SpoolArtifactOptions = {},
): Promise<SpooledArtifact> {
  const plan = planTar(files.map(asStreamed), limits);
  const builder = createLayerBuilder(plan, limits);
  const spool = createSpool(place);
  try {
    for await (const piece of buildLayer(plan, builder, signal)) {
      await spool.write(piece);
      // Memory to memory would leave nobody else a turn, not even who wants to abort.
      await setImmediate();
    }
  } catch (error) {
    await spool.close();
    throw error;
  }
  const built = builder.finish();
  return {
    ...formatArtifact(built, annotations),
    layer: { descriptor: built.descriptor, open: spool.open },
    close: spool.close,
  };
}

function asStreamed(file: ArtifactFile | StreamedFile): StreamedFile {
  if (!('bytes' in file)) return file;
  const { path, bytes } = file;
  return { path, size: bytes.byteLength, open: () => once(bytes) };
}

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}

async function* buildLayer(
  plan: TarPlan<StreamedFile>,
  builder: LayerBuilder,
  signal: AbortSignal | undefined,
): Bytes {
  for (const part of tarParts(plan)) {
    signal?.throwIfAborted();
    if (part instanceof Uint8Array) yield* builder.add(part);
    else for await (const chunk of readFile(part, signal)) yield* builder.add(chunk);
  }
  yield* builder.end();
}

/** The bytes of a file, exactly as many as its header says. */
async function* readFile({ path, size, open }: StreamedFile, signal: AbortSignal | undefined): Bytes {
  let given = 0;
  for await (const chunk of open(signal)) {
    signal?.throwIfAborted();
    given += chunk.byteLength;
    if (given > size) throw changed({ path, size }, 'more');
    yield chunk;
  }
  if (given !== size) throw changed({ path, size }, `${given}`);
}

function changed({ path, size }: SizedFile, given: string): InputError {
  return new InputError(
    'FILE_UNREADABLE',
    `${path} changed while it was read: it had ${size} bytes and gave ${given}`,
    { hint: 'Run this again once nothing writes to the files any more.' },
  );
}
