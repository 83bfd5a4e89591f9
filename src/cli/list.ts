// sealift list: the tags of a repository or a layout.
import { InputError } from '../errors.ts';
import { parseAttachedTag } from '../oci/attached-tags.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { formatPlace, parseLocation } from './location.ts';
import { registryOptions } from './registries.ts';
import { openSource } from './stores.ts';
import type { World } from './world.ts';

export async function runList(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    all: { type: 'boolean', default: false },
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const location = parseLocation(takePositionals(positionals, 'LOCATION')[0]);
  if (Object.keys(location.wanted).length > 0) {
    throw new InputError('INPUT_INVALID', 'list needs a location without tag and digest', {
      hint: 'What one tag shows is told by `sealift inspect`.',
    });
  }
  const { source, close } = await openSource(location, values, world);
  try {
    const all = await source.tags(world.signal);
    const tags = values.all ? all : all.filter((tag) => parseAttachedTag(tag) === undefined);
    if (format === 'json') world.stdout(`${JSON.stringify({ repository: formatPlace(location), tags })}\n`);
    else for (const tag of tags) world.stdout(`${tag}\n`);
  } finally {
    await close();
  }
}
