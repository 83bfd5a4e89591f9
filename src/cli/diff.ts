// sealift diff: which objects differ between two artifacts, or between an artifact and files, Secrets masked.
import { fetchArtifact } from '../artifact/artifact.ts';
import { InputError } from '../errors.ts';
import { collectFiles } from '../operations/collect.ts';
import { diffArtifacts, type ArtifactChange } from '../operations/diff.ts';
import type { ParsedResource } from '../resources/parse.ts';
import { isResourceFile, readResources, type SourceFile } from '../resources/validate.ts';
import { outputOptions, parseFormat, parseVerb } from './arguments.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { parseLocation, registriesOf, requireWanted } from './location.ts';
import { registryOptions, sharedCredentials, type RegistryValues } from './registries.ts';
import { openSource } from './stores.ts';
import type { World } from './world.ts';

export async function runDiff(args: readonly string[], world: World): Promise<ExitCode> {
  const { values, positionals } = parseVerb(args, {
    path: { type: 'string', short: 'f' },
    'exit-code': { type: 'boolean', default: false },
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const [from, to, ...more] = positionals;
  if (from === undefined || more.length > 0 || (to === undefined) === (values.path === undefined)) {
    throw new InputError('INPUT_INVALID', 'diff needs LOCATION and LOCATION, or LOCATION and --path PATH');
  }
  const locations = [from, to].flatMap((text) => (text === undefined ? [] : [parseLocation(text)]));
  if (values['registry-username'] !== undefined && registriesOf(...locations).length > 1)
    throw sharedCredentials();
  const before = await readLocation(from, values, world);
  const after =
    to === undefined
      ? readResources((await collectFiles(values.path ?? '')).files)
      : await readLocation(to, values, world);
  const { changes, unchanged } = diffArtifacts({ before, after });
  if (format === 'json') world.stdout(`${JSON.stringify({ changes, unchanged })}\n`);
  else for (const { text } of changes) world.stdout(text);
  world.stderr(`${summarise(changes)}, ${unchanged} unchanged\n`);
  return values['exit-code'] && changes.length > 0 ? exitCodes.different : exitCodes.ok;
}

async function readLocation(
  text: string,
  values: RegistryValues,
  world: World,
): Promise<readonly ParsedResource[]> {
  const location = parseLocation(text);
  const wanted = requireWanted(location);
  const { source, close } = await openSource(location, values, world);
  try {
    const manifest = await source.resolve(wanted, world.signal);
    const files: readonly SourceFile[] = await fetchArtifact(source, manifest, world.signal);
    return readResources(files.filter(({ path }) => isResourceFile(path)));
  } finally {
    await close();
  }
}

function summarise(changes: readonly ArtifactChange[]): string {
  const count = (action: ArtifactChange['action']): string =>
    `${changes.filter((change) => change.action === action).length} ${action}`;
  return [count('created'), count('configured'), count('deleted')].join(', ');
}
