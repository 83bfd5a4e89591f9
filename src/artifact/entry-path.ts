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
 * Takes a path into the set of those that an archive has. Two names that are one on some file systems could show two
 * readers different files ("case collision").
 * @throws ArchiveError `ENTRY_UNSAFE_PATH`
 */
export function assertNewPath(paths: Set<string>, path: string): void {
  const folded = path.normalize('NFC').toLowerCase();
  if (paths.has(folded)) {
    throw new ArchiveError('ENTRY_UNSAFE_PATH', `entry ${JSON.stringify(path)} stands in the archive twice`);
  }
  paths.add(folded);
}
