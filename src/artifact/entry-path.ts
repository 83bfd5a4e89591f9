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
  if (path.length > archiveLimits.pathLength)
    return `has a path longer than ${archiveLimits.pathLength} characters`;
  if (path.startsWith('/') || /^[A-Za-z]:/u.test(path)) return 'has an absolute path';
  if (/[\\\p{Cc}]/u.test(path)) return 'has a back slash or control character in its path';
  const segments = path.split('/');
  if (segments.length > archiveLimits.pathDepth) return `lies deeper than ${archiveLimits.pathDepth} folders`;
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'has an empty, "." or ".." segment in its path';
  }
  return undefined;
}

/**
 * Takes a file's path into the set of those that an archive has. Two names that are one on some file systems, and a name
 * that is a file here and a folder there, could show two readers different files ("case collision").
 * @param paths holds what was taken in; to be used with nothing else
 * @throws ArchiveError `ENTRY_UNSAFE_PATH`
 */
export function assertNewPath(paths: Set<string>, path: string): void {
  assertNewFolder(paths, parentOf(path));
  const folded = fold(path);
  if (paths.has(`file ${folded}`) || paths.has(`folder ${folded}`)) throw collision(path);
  paths.add(`file ${folded}`);
}

/**
 * The same for a folder, which may stand there often.
 * @param path the empty one is the archive's root
 * @throws ArchiveError `ENTRY_UNSAFE_PATH`
 */
export function assertNewFolder(paths: Set<string>, path: string): void {
  for (let folder = path; folder !== '' && !paths.has(`exactly ${folder}`); folder = parentOf(folder)) {
    const folded = fold(folder);
    if (paths.has(`file ${folded}`) || paths.has(`folder ${folded}`)) throw collision(folder);
    paths.add(`folder ${folded}`);
    paths.add(`exactly ${folder}`);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function fold(path: string): string {
  // Upper case first: some letters have one upper case and two lower ones.
  return path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

function collision(path: string): ArchiveError {
  return new ArchiveError(
    'ENTRY_UNSAFE_PATH',
    `entry ${JSON.stringify(path.slice(0, 200))} stands in the archive twice`,
  );
}
