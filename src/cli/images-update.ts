// sealift images update: newer tags by policy, put into files in place where they are marked, for a pull request.
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseImagePolicies } from '../images/policy-file.ts';
import { archiveLimits } from '../limits.ts';
import { collectFiles } from '../operations/collect.ts';
import { updateImages } from '../operations/update-images.ts';
import {
  outputOptions,
  parseFormat,
  parseVerb,
  readBytes,
  requireOption,
  takePositionals,
} from './arguments.ts';
import { loneRegistryOf, openImageRegistry } from './image-registry.ts';
import { registryOptions } from './registries.ts';
import type { World } from './world.ts';

export async function runImagesUpdate(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    policy: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const [directory] = takePositionals(positionals, 'DIR');
  const policyFile = requireOption(values.policy, 'policy');
  const policies = parseImagePolicies(policyFile, await readBytes(policyFile, archiveLimits.fileBytes));
  const { files } = await collectFiles(directory);
  const login = loneRegistryOf(policies.map(({ image }) => image));
  const { registry, close } = await openImageRegistry(values, world, login);
  try {
    const update = await updateImages({ files, policies, registry });
    const isFolder = (await stat(directory)).isDirectory();
    if (!values['dry-run']) {
      // Nothing is written before all of it is known to be right.
      for (const { path, bytes } of update.files) {
        await writeFile(isFolder ? join(directory, path) : directory, bytes);
      }
    }
    const { changes, chosen } = update;
    if (format === 'json')
      world.stdout(`${JSON.stringify({ changes, chosen, dryRun: values['dry-run'] })}\n`);
    else {
      for (const { file, line, before, after } of changes) {
        world.stdout(`${file}:${line ?? 1}  ${before} -> ${after}\n`);
      }
    }
    const verb = values['dry-run'] ? 'would change' : 'changed';
    world.stderr(`${verb} ${changes.length} values in ${update.files.length} files\n`);
  } finally {
    close();
  }
}
