// sealift resolve: the digest that a tag shows now.
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { formatPlace, parseLocation, requireWanted } from './location.ts';
import { printResult } from './output.ts';
import { registryOptions } from './registries.ts';
import { openSource } from './stores.ts';
import type { World } from './world.ts';

export async function runResolve(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, { ...registryOptions, ...outputOptions });
  const format = parseFormat(values.output);
  const location = parseLocation(takePositionals(positionals, 'LOCATION')[0]);
  const wanted = requireWanted(location);
  const { source, close } = await openSource(location, values, world);
  try {
    const { mediaType, digest, size } = (await source.resolve(wanted, world.signal)).descriptor;
    const reference = `${formatPlace(location)}@${digest}`;
    printResult(world, format, { line: digest, data: { digest, mediaType, size, reference } });
  } finally {
    await close();
  }
}
