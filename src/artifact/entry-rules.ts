// Which entries an archive may have: plain files and folders, at paths that are safe, new and bounded in number and size.
import type { ReadEntry } from 'tar/read-entry';
import { ArchiveError } from '../errors.ts';
import type { archiveLimits } from '../limits.ts';
import { assertSafePath, createArchivePaths, type ArchivePaths } from './entry-path.ts';

export type ArchiveLimits = { readonly [Name in keyof typeof archiveLimits]: number };

/** What was accepted so far. */
export type Totals = { readonly files: number; readonly bytes: number };

type Entry = Pick<ReadEntry, 'path' | 'type' | 'size'>;

export type EntryRules = {
  /**
   * The path of a file, or undefined for a folder.
   * @throws ArchiveError `ENTRY_UNSAFE_PATH`, `ENTRY_UNSAFE_TYPE`, `ENTRY_LIMIT`, `ARCHIVE_TOO_LARGE`
   */
  accept(entry: Entry): string | undefined;
  refuseType(entry: Pick<Entry, 'path' | 'type'>): ArchiveError;
  totals(): Totals;
};

export function createEntryRules(limits: ArchiveLimits): EntryRules {
  const paths = createArchivePaths(limits.folders);
  let [entries, files, bytes] = [0, 0, 0];
  return {
    accept: (entry) => {
      entries += 1;
      if (entries > limits.entries) {
        throw new ArchiveError('ENTRY_LIMIT', `layer has more than ${limits.entries} entries`);
      }
      if (entry.type === 'Directory') {
        acceptFolder(paths, entry.path);
        return undefined;
      }
      // Links, devices and the like ("symlink escape"); `OldFile` and `ContiguousFile` are plain files by another flag.
      if (entry.type !== 'File' && entry.type !== 'OldFile' && entry.type !== 'ContiguousFile')
        throw refuseType(entry);
      const path = entry.path.replace(/^\.\//u, '');
      assertSafePath(path);
      paths.addFile(path);
      files += 1;
      bytes += entry.size;
      if (entry.size > limits.fileBytes || bytes > limits.totalBytes) {
        throw new ArchiveError(
          'ARCHIVE_TOO_LARGE',
          `layer's files are larger than its limits at ${JSON.stringify(path)}`,
        );
      }
      return path;
    },
    refuseType,
    totals: () => ({ files, bytes }),
  };
}

function acceptFolder(paths: ArchivePaths, path: string): void {
  if (path === './') return;
  const folder = path.replace(/^\.\//u, '').replace(/\/+$/u, '');
  assertSafePath(folder);
  paths.addFolder(folder);
}

function refuseType({ path, type }: Pick<Entry, 'path' | 'type'>): ArchiveError {
  return new ArchiveError('ENTRY_UNSAFE_TYPE', `entry ${JSON.stringify(path.slice(0, 200))} is a ${type}`);
}
