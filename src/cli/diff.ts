// sealift diff: which objects differ between two artifacts, or between an artifact and files, Secrets masked.
import { fetchArtifact } from '../artifact/artifact.ts';
import { InputError } from '../errors.ts';
import { planLimits } from '../limits.ts';
import { diffArtifacts, type ArtifactChange, type ArtifactDiff } from '../operations/diff.ts';
import { formatTime } from '../operations/ports.ts';
import { renderPlan } from '../plan/comment.ts';
import { planChanges } from '../plan/compare.ts';
import type { ParsedResource } from '../resources/parse.ts';
import { isResourceFile, readResources, type SourceFile } from '../resources/validate.ts';
import { outputOptions, parseFormat, parseVerb } from './arguments.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { parseLocation, registriesOf, requireWanted } from './location.ts';
import { registryOptions, sharedCredentials, type RegistryValues } from './registries.ts';
import { readPath, refuseRender, renderOptions, type RenderValues } from './render-options.ts';
import { openSource } from './stores.ts';
import type { World } from './world.ts';

/** The objects of one side, and the digest of an artifact. */
type Side = { readonly digest: string | null; readonly resources: readonly ParsedResource[] };
type NamedSide = Side & { readonly name: string };

export async function runDiff(args: readonly string[], world: World): Promise<ExitCode> {
  const { values, positionals } = parseVerb(args, {
    path: { type: 'string', short: 'f' },
    'exit-code': { type: 'boolean', default: false },
    ...renderOptions,
    ...registryOptions,
    ...outputOptions,
  });
  const format = values.output === 'markdown' ? 'markdown' : parseFormat(values.output);
  const [from, to] = readSides(positionals, values);
  const before = await readLocation(from, values, world);
  const after =
    to === undefined
      ? { digest: null, resources: readResources((await readPath(values.path ?? '', values, world)).files) }
      : await readLocation(to, values, world);
  const { changes, unchanged } = diffArtifacts({ before: before.resources, after: after.resources });
  if (format === 'markdown') {
    world.stdout(toMarkdown({ name: from, ...before }, { name: to ?? values.path ?? '', ...after }, world));
  } else {
    world.stdout(formatDiff({ changes, unchanged }, format));
  }
  world.stderr(`${summarise(changes)}, ${unchanged} unchanged\n`);
  return values['exit-code'] && changes.length > 0 ? exitCodes.different : exitCodes.ok;
}

/** @throws InputError where there are not two sides, or one password would be seen by two registries */
function readSides(
  [from, to, ...more]: readonly string[],
  values: RegistryValues & RenderValues & { readonly path?: string | undefined },
): readonly [from: string, to: string | undefined] {
  if (from === undefined || more.length > 0 || (to === undefined) === (values.path === undefined)) {
    throw new InputError('INPUT_INVALID', 'diff needs LOCATION and LOCATION, or LOCATION and --path PATH');
  }
  if (to !== undefined) refuseRender(values);
  const locations = [from, to].flatMap((text) => (text === undefined ? [] : [parseLocation(text)]));
  if (values['registry-username'] !== undefined && registriesOf(...locations).length > 1)
    throw sharedCredentials();
  return [from, to];
}

function formatDiff({ changes, unchanged }: ArtifactDiff, format: 'text' | 'json'): string {
  if (format === 'json') return `${JSON.stringify({ changes, unchanged })}\n`;
  return changes.map(({ text }) => text).join('');
}

/** The plan as the action diff shows it, without the comment's marker. */
function toMarkdown(before: NamedSide, after: NamedSide, world: World): string {
  const report = planChanges({
    base: { name: before.name, digest: before.digest },
    head: { name: after.name, digest: after.digest, commit: null },
    madeAt: formatTime(world.now()),
    before: before.resources.map(({ resource }) => resource),
    after: after.resources.map(({ resource }) => resource),
    ignore: [],
    contextLines: 3,
  });
  const options = { maxCharacters: planLimits.commentCharacters, restPlace: 'in the text form' };
  return renderPlan(report, options);
}

async function readLocation(text: string, values: RegistryValues, world: World): Promise<Side> {
  const location = parseLocation(text);
  const wanted = requireWanted(location);
  const { source, close } = await openSource(location, values, world);
  try {
    const manifest = await source.resolve(wanted, world.signal);
    const files: readonly SourceFile[] = await fetchArtifact(source, manifest, world.signal);
    const resources = readResources(files.filter(({ path }) => isResourceFile(path)));
    return { digest: manifest.descriptor.digest, resources };
  } finally {
    await close();
  }
}

function summarise(changes: readonly ArtifactChange[]): string {
  const count = (action: ArtifactChange['action']): string =>
    `${changes.filter((change) => change.action === action).length} ${action}`;
  return [count('created'), count('configured'), count('deleted')].join(', ');
}
