// Ignore files: which files of a directory are not published, in the syntax and with the meaning of git's `.gitignore`.
// Like git, patterns and paths are compared byte by byte; unlike it, in the same way on every file system.
import { InputError } from '../../errors.ts';
import { ignoreLimits } from '../../limits.ts';
import { compileGlob, matchesGlob, type Glob } from './glob.ts';

/** The name of an ignore file, in whatever folder. */
export const ignoreFileName = '.sealiftignore';

/** What the ignore files of one run may still cost together; it counts down. */
export type IgnoreBudget = { bytes: number; patterns: number; steps: number };

/** What the ignore file of a folder says, and those above it. */
export type IgnoreRules = {
  /** The file, relative to where the run started, or what else the lines are from. */
  readonly file: string;
  /** Bytes of a path that its patterns do not look at: the file's folder, with the slash behind it. */
  readonly folderBytes: number;
  readonly rules: readonly Rule[];
  readonly above: IgnoreRules | undefined;
  readonly budget: IgnoreBudget;
};

type Rule = {
  readonly line: number;
  readonly isNegated: boolean;
  readonly isForFolders: boolean;
  /** Whether it is compared with the last segment of a path, in whatever folder. */
  readonly isForNames: boolean;
  readonly glob: Glob;
};

/** A budget for one run. */
export function createIgnoreBudget(): IgnoreBudget {
  const { bytes, patterns, steps } = ignoreLimits;
  return { bytes, patterns, steps };
}

/**
 * Reads an ignore file.
 * @param options `file` is its path, relative to where the run started; lines that are from elsewhere count as if they
 *   stood where it starts
 * @throws InputError `INPUT_INVALID` for what is beyond the bounds, or no text
 */
export function parseIgnoreFile(
  bytes: Uint8Array,
  options: { readonly file: string; readonly above: IgnoreRules | undefined; readonly budget: IgnoreBudget },
): IgnoreRules {
  const { file, budget } = options;
  budget.bytes -= bytes.byteLength;
  if (budget.bytes < 0) throw refusal(file, `makes more than ${ignoreLimits.bytes} bytes of ignore files`);
  // One character a byte: git knows no characters, so that `?` is one byte there.
  const text = Buffer.from(bytes).toString('latin1');
  // UTF-16, as some shells write it, would be lines that match nothing, and what they name would be published.
  if (text.includes('\0')) throw refusal(file, 'holds a NUL byte', 'Save the file as UTF-8.');
  const rules: Rule[] = [];
  const lines = text.replace(/^\xEF\xBB\xBF/u, '').split('\n');
  for (const [index, line] of lines.entries()) {
    const pattern = trimLine(line);
    if (pattern === '' || pattern.startsWith('#')) continue;
    const place = `${file}:${index + 1}`;
    if (pattern.length > ignoreLimits.patternBytes) {
      throw refusal(place, `is longer than ${ignoreLimits.patternBytes} bytes`);
    }
    budget.patterns--;
    if (budget.patterns < 0) throw refusal(place, `is one of more than ${ignoreLimits.patterns} patterns`);
    const rule = parseRule(pattern, index + 1);
    if (rule !== undefined) rules.push(rule);
  }
  // The last rule that matches decides.
  const isFile = file.endsWith(ignoreFileName);
  const folderBytes = isFile ? Buffer.byteLength(file) - ignoreFileName.length : 0;
  return { file, folderBytes, rules: rules.toReversed(), above: options.above, budget };
}

/**
 * The file and line that ignore an entry, if any do. What lies in an ignored folder is to be left out without asking:
 * no rule takes it in again.
 * @param entry its path relative to where the run started
 * @throws InputError `INPUT_INVALID` for patterns that take too long
 */
export function findIgnoring(
  rules: IgnoreRules | undefined,
  entry: { readonly path: string; readonly isFolder: boolean },
): string | undefined {
  const path = Buffer.from(entry.path).toString('latin1');
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (let level = rules; level !== undefined; level = level.above) {
    const below = path.slice(level.folderBytes);
    const found = level.rules.find((rule) => {
      if (rule.isForFolders && !entry.isFolder) return false;
      return matchesGlob(rule.glob, rule.isForNames ? name : below, level.budget);
    });
    if (level.budget.steps < 0) throw refusal(level.file, 'takes too long to compare with all paths');
    if (found !== undefined) return found.isNegated ? undefined : `${level.file}:${found.line}`;
  }
  return undefined;
}

function parseRule(pattern: string, line: number): Rule | undefined {
  const isNegated = pattern.startsWith('!');
  const isForFolders = pattern.endsWith('/');
  const body = pattern.slice(isNegated ? 1 : 0, isForFolders ? -1 : undefined);
  const glob = compileGlob(body.startsWith('/') ? body.slice(1) : body);
  return glob && { line, isNegated, isForFolders, isForNames: !body.includes('/'), glob };
}

/** Without the carriage return of a line's end, and without spaces there that have no backslash before them. */
function trimLine(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  let end = 0;
  let at = 0;
  while (at < text.length) {
    const isSpace = text[at] === ' ';
    at += text[at] === '\\' ? 2 : 1;
    if (!isSpace) end = at;
  }
  return text.slice(0, end);
}

function refusal(subject: string, what: string, hint?: string): InputError {
  return new InputError('INPUT_INVALID', `${subject} ${what}`, hint === undefined ? {} : { hint });
}
