// Which paths an archive's entry may have: relative, forward, bounded, the same on every file system.
import { ArchiveError } from '../errors.ts';
import { archiveLimits } from '../limits.ts';

/**
 * Refuses absolute and parent paths ("zip slip"), back slashes, control characters, empty segments and endless paths.
 * @throws ArchiveError `ENTRY_UNSAFE_PATH`
 */
export function assertSafePath(path: string): void {
  const reason = unsafeReason(path);
  if (reason !== undefined) {
    throw new ArchiveError('ENTRY_UNSAFE_PATH', `entry ${JSON.stringify(path.slice(0, 200))} ${reason}`);
  }
}

function unsafeReason(path: string): string | undefined {
  if (path === '') return 'has an empty path';
  if (Buffer.byteLength(path) > archiveLimits.pathBytes)
    return `has a path of more than ${archiveLimits.pathBytes} bytes`;
  if (path.startsWith('/') || /^[A-Za-z]:/u.test(path)) return 'has an absolute path';
  if (/[\\\p{Cc}]/u.test(path)) return 'has a back slash or control character in its path';
  const segments = path.split('/');
  if (segments.length > archiveLimits.pathDepth) return `lies deeper than ${archiveLimits.pathDepth} folders`;
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'has an empty, "." or ".." segment in its path';
  }
  if (segments.some((segment) => Buffer.byteLength(segment) > archiveLimits.nameBytes))
    return `has a name of more than ${archiveLimits.nameBytes} bytes`;
  return undefined;
}

/** The paths of one archive. */
export type ArchivePaths = {
  /**
   * Takes a file in. Two names that are one on some file systems, and a name that is a file here and a folder there,
   * could show two readers different files ("case collision").
   * @throws ArchiveError `ENTRY_UNSAFE_PATH`, `ENTRY_LIMIT` for too many folders
   */
  addFile(path: string): void;
  /** Takes a folder in, which may stand there often; the same errors. */
  addFolder(path: string): void;
};

type Folder = Map<string, { readonly name: string; readonly children: Folder | undefined }>;

export function createArchivePaths(maxFolders: number = archiveLimits.folders): ArchivePaths {
  const root: Folder = new Map();
  let folders = 0;
  function enter(parent: Folder, name: string, path: string): Folder {
    const folded = fold(name);
    const known = parent.get(folded);
    if (known !== undefined) {
      if (known.name !== name || known.children === undefined) throw collision(path);
      return known.children;
    }
    folders += 1;
    if (folders > maxFolders) {
      throw new ArchiveError('ENTRY_LIMIT', `archive has more than ${maxFolders} folders`);
    }
    const children: Folder = new Map();
    parent.set(folded, { name, children });
    return children;
  }
  const enterAll = (names: readonly string[], path: string): Folder =>
    names.reduce((parent, name) => enter(parent, name, path), root);
  return {
    addFile: (path) => {
      const names = path.split('/');
      const name = names.pop() ?? '';
      const parent = enterAll(names, path);
      const folded = fold(name);
      if (parent.has(folded)) throw collision(path);
      parent.set(folded, { name, children: undefined });
    },
    addFolder: (path) => void enterAll(path.split('/'), path),
  };
}

function fold(name: string): string {
  if (/^[ -~]*$/u.test(name)) return name.toLowerCase();
  // Upper case first: some letters have one upper case and two lower ones.
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

function collision(path: string): ArchiveError {
  return new ArchiveError(
    'ENTRY_UNSAFE_PATH',
    `entry ${JSON.stringify(path.slice(0, 200))} stands in the archive twice`,
  );
}
