// Which files of a folder are taken, where several paths and globs name them. A path stands for all that is below it. Links
// and hidden files are the collector's business; only what is written out, dot and all, is not hidden.
import { InputError } from '../errors.ts';
import { collectLimits } from '../limits.ts';
import { compileGlob, matchesGlob, type Glob, type Meter } from '../artifact/ignore/glob.ts';

/** A path or a glob, split at its slashes, relative to the folder. */
export type ChosenPath = {
  /** As it was given, for messages. */
  readonly given: string;
  readonly segments: readonly string[];
};

/** What a collector asks; paths are relative, with forward slashes. */
export type PathChoice = {
  takes(path: string): boolean;
  /** Whether anything below the folder may be taken. */
  enters(folder: string): boolean;
  /** Whether a dot in front of its name hides it not: it is written out. */
  names(path: string): boolean;
  /** @throws InputError `INPUT_INVALID` where one of the paths gives none of these files */
  assertAllFound(files: readonly string[]): void;
};

/** Any number of folders, or none. */
const anyFolders = '**';

type Step = typeof anyFolders | { readonly name: string } | { readonly glob: Glob };
type Pattern = {
  readonly given: string;
  readonly literal: readonly string[];
  readonly steps: readonly Step[];
};

/** Whether a path's segment has `*` or `?`, which alone are wildcards. */
export function isWild(segment: string): boolean {
  return /[*?]/u.test(segment);
}

/** @throws InputError `INPUT_INVALID` */
export function choosePaths(paths: readonly ChosenPath[]): PathChoice {
  if (paths.length > collectLimits.paths) {
    throw new InputError('INPUT_INVALID', `${paths.length} paths are more than ${collectLimits.paths}`);
  }
  const patterns = paths.map(compile);
  const meter = { steps: collectLimits.pathSteps };
  const reach = (pattern: Pattern, path: string): Reach => {
    const reached = follow(pattern.steps, path.split('/'), meter);
    if (meter.steps >= 0) return reached;
    throw new InputError('INPUT_INVALID', 'the globs of all paths together cost too much to compare');
  };
  return {
    takes: (path) => patterns.some((pattern) => reach(pattern, path) === 'taken'),
    enters: (folder) => patterns.some((pattern) => reach(pattern, folder) !== 'left'),
    names: (path) => {
      const segments = path.split('/');
      return patterns.some(({ literal }) => segments.every((segment, index) => segment === literal[index]));
    },
    assertAllFound: (files) => {
      const empty = patterns.find((pattern) => !files.some((file) => reach(pattern, file) === 'taken'));
      if (empty === undefined) return;
      throw new InputError('INPUT_INVALID', `${JSON.stringify(empty.given)} gives no file to publish`, {
        hint: 'It may be ignored, or hold neither YAML nor JSON; wildcards find neither hidden files nor links.',
      });
    },
  };
}

function compile({ given, segments }: ChosenPath): Pattern {
  const wild = segments.findIndex(isWild);
  const steps = segments.map((segment): Step => {
    if (segment === anyFolders) return anyFolders;
    if (!isWild(segment)) return { name: segment };
    // Brackets are part of a name here, as they are of a directory's.
    const glob = compileGlob(bytesOf(segment.replaceAll(/[[\\]/gu, String.raw`\$&`)));
    if (glob === undefined) throw new TypeError('no pattern without brackets is empty');
    return { glob };
  });
  return { given, literal: wild === -1 ? segments : segments.slice(0, wild), steps };
}

/** Taken whole, by itself or with a folder above; left; or what is below may be taken. */
type Reach = 'taken' | 'open' | 'left';

function follow(steps: readonly Step[], segments: readonly string[], meter: Meter): Reach {
  let places = new Set<number>();
  const enter = (set: Set<number>, place: number): void => {
    set.add(place);
    if (steps[place] === anyFolders) enter(set, place + 1);
  };
  enter(places, 0);
  for (const segment of segments) {
    if (places.has(steps.length)) return 'taken';
    const next = new Set<number>();
    for (const place of places) {
      const step = steps[place];
      if (step === anyFolders) enter(next, place);
      else if (step !== undefined && stands(step, segment, meter)) enter(next, place + 1);
    }
    places = next;
  }
  if (places.has(steps.length)) return 'taken';
  return places.size > 0 ? 'open' : 'left';
}

function stands(step: Exclude<Step, string>, segment: string, meter: Meter): boolean {
  return 'name' in step ? step.name === segment : matchesGlob(step.glob, bytesOf(segment), meter);
}

/** One character a byte, as globs are compared; `?` stands for one byte then. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}
