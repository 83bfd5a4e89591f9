// sealift check: whether the API server would take the objects of a folder, said without one.
import { join } from 'node:path';
import type { ResourceError } from '../errors.ts';
import type { CheckedFiles } from '../operations/check.ts';
import { assertFit, describeFit } from '../operations/fit.ts';
import { collectFiles } from '../operations/collect.ts';
import { readResources } from '../resources/validate.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { readPath, renderOptions } from './render-options.ts';
import type { World } from './world.ts';

export async function runCheck(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    crds: { type: 'string', multiple: true, default: [] },
    'kubernetes-version': { type: 'string' },
    'strict-kinds': { type: 'boolean', default: false },
    ...renderOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const { files } = await readPath(takePositionals(positionals, 'PATH')[0], values, world);
  const checked = { files, resources: readResources(files) };
  const target = values['kubernetes-version'];
  const result = await assertFit(checked, {
    definitions: await readDefinitions(values.crds),
    target,
    isStrict: values['strict-kinds'],
  });
  const { kubernetesVersion, warnings } = result;
  const count = checked.resources.length;
  if (format === 'json') {
    const data = { resources: count, kubernetesVersion, warnings: warnings.map(toJson) };
    world.stdout(`${JSON.stringify(data)}\n`);
    return;
  }
  for (const { code, message, hint } of warnings) {
    world.stderr(`warning: ${code}: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`);
  }
  const served = target === undefined ? '' : `, and are served by ${target}`;
  world.stdout(`${describeFit(result, count)}${served}\n`);
}

/** Files of other folders are named with theirs. */
async function readDefinitions(folders: readonly string[]): Promise<CheckedFiles> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const { files } = await collectFiles(folder);
      const named = files.map((file) => ({ ...file, path: join(folder, file.path) }));
      return { files: named, resources: readResources(named) };
    }),
  );
  return {
    files: found.flatMap(({ files }) => files),
    resources: found.flatMap(({ resources }) => resources),
  };
}

function toJson({ code, message, hint, location }: ResourceError): object {
  return { code, message, ...location, ...(hint === undefined ? {} : { hint }) };
}
