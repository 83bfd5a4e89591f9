// sealift check: whether the API server would take the objects of a folder, said without one.
import { join } from 'node:path';
import { FailuresError, type ResourceError } from '../errors.ts';
import { checkResources, type CheckedFiles } from '../operations/check.ts';
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
  const { kubernetesVersion, problems, warnings, unchecked } = await checkResources(checked, {
    definitions: await readDefinitions(values.crds),
    target,
  });
  const strict = warnings.filter(({ code }) => code !== 'API_DEPRECATED');
  refuse(values['strict-kinds'] ? [...problems, ...strict] : problems);
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
  world.stdout(`${count - unchecked} of ${count} objects fit Kubernetes ${kubernetesVersion}${served}\n`);
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

/** @throws FailuresError */
function refuse(problems: readonly ResourceError[]): void {
  const [first, ...rest] = problems;
  if (first === undefined) return;
  const count = problems.length;
  throw new FailuresError([first, ...rest], `${count} problem${count === 1 ? '' : 's'} in the files`);
}

function toJson({ code, message, hint, location }: ResourceError): object {
  return { code, message, ...location, ...(hint === undefined ? {} : { hint }) };
}
