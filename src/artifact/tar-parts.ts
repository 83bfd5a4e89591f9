// The tar of an artifact, part by part: plain files, sorted by the bytes of their paths, with every other property
// fixed. docs/artifact-format.md has the rules.
import { ArchiveError, InputError } from '../errors.ts';
import type { packLimits } from '../limits.ts';
import { assertSafePath, createArchivePaths } from './entry-path.ts';
import { blockBytes, formatHeader, sizeOfHeader, type SizedFile } from './tar-header.ts';

export type { SizedFile };

export type PackLimits = { readonly [Name in keyof typeof packLimits]: number };

export type TarPlan<File extends SizedFile> = {
  /** In the order in which they stand in the tar. */
  readonly files: readonly File[];
  /** Bytes of all files. */
  readonly fileBytes: number;
};

/** What eleven octal digits hold, 8 GiB: readers take sizes in other forms in different ways. */
const MAX_FILE_BYTES = 0o77777777777;

/**
 * Sorts files and checks all that can be said before one is read.
 * @throws ArchiveError `ARCHIVE_EMPTY`, `ARCHIVE_TOO_LARGE`, `ENTRY_LIMIT`, `ENTRY_UNSAFE_PATH`; InputError
 *   `INPUT_INVALID` for a size that is none
 */
export function planTar<File extends SizedFile>(files: readonly File[], limits: PackLimits): TarPlan<File> {
  if (files.length === 0) throw new ArchiveError('ARCHIVE_EMPTY', 'artifact would hold no file');
  if (files.length > limits.entries) {
    throw new ArchiveError(
      'ENTRY_LIMIT',
      `artifact would hold ${files.length} files, more than ${limits.entries}`,
    );
  }
  const sorted = files
    .map((file) => ({ file, order: Buffer.from(file.path) }))
    .sort((a, b) => Buffer.compare(a.order, b.order))
    .map(({ file }) => file);
  const paths = createArchivePaths();
  let fileBytes = 0;
  for (const { path, size } of sorted) {
    assertSafePath(path);
    paths.addFile(path);
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new InputError('INPUT_INVALID', `${path} can not have ${size} bytes`);
    }
    fileBytes += size;
    if (size > Math.min(limits.fileBytes, MAX_FILE_BYTES) || fileBytes > limits.totalBytes) {
      throw new ArchiveError('ARCHIVE_TOO_LARGE', `${path} makes the artifact larger than its limits`, {
        details: { fileBytes: limits.fileBytes, totalBytes: limits.totalBytes },
      });
    }
  }
  return { files: sorted, fileBytes };
}

/** The parts of a tar in their order; where a file is given, its bytes come. */
export function* tarParts<File extends SizedFile>({ files }: TarPlan<File>): Generator<Uint8Array | File> {
  for (const file of files) {
    yield formatHeader(file);
    yield file;
    yield Buffer.alloc(paddingOf(file.size));
  }
  yield Buffer.alloc(2 * blockBytes);
}

/** Bytes of the whole tar. */
export function sizeOfTar({ files }: TarPlan<SizedFile>): number {
  let size = 2 * blockBytes;
  for (const file of files) size += sizeOfHeader(file) + file.size + paddingOf(file.size);
  return size;
}

function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}
