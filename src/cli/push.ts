// sealift push: files to a signed, verified, tagged artifact.
import { InputError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import { collectFiles } from '../operations/collect.ts';
import { publish } from '../operations/publish.ts';
import { annotationsOf } from '../operations/annotations.ts';
import {
  connect,
  outputOptions,
  parseFormat,
  parseVerb,
  readSigner,
  registryOptions,
  requireOption,
  takePositionals,
} from './arguments.ts';
import { printResult } from './output.ts';
import type { World } from './world.ts';

export async function runPush(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    path: { type: 'string', short: 'f' },
    key: { type: 'string' },
    source: { type: 'string' },
    revision: { type: 'string' },
    created: { type: 'string' },
    annotations: { type: 'string', short: 'a', multiple: true, default: [] },
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const reference = parseReference(takePositionals(positionals, 'oci://HOST/REPOSITORY:TAG')[0]);
  if (reference.tag === undefined || reference.digest !== undefined) {
    throw new InputError('INPUT_INVALID', 'push needs a reference with a tag and without a digest');
  }
  const signer = await readSigner(requireOption(values.key, 'key'), world);
  const annotations = annotationsOf(values.annotations, values);
  const collected = await collectFiles(requireOption(values.path, 'path'));
  for (const path of collected.skipped) world.stderr(`left out ${path}\n`);
  const { store, close } = await connect(reference, values, world);
  try {
    const published = await publish(
      { store, files: collected.files, annotations, signer, tags: [reference.tag] },
      { now: world.now, log: (line) => world.stderr(`${line}\n`), signal: world.signal },
    );
    const { digest, isChanged, signatureDigest, resources, size } = published;
    const repository = `${reference.registry}/${reference.repository}`;
    if (!isChanged) world.stderr('nothing has changed\n');
    printResult(world, format, {
      line: digest,
      data: {
        digest,
        repository,
        reference: `${repository}@${digest}`,
        tag: reference.tag,
        changed: isChanged,
        signatureDigest,
        resources: resources.length,
        size,
      },
    });
  } finally {
    close();
  }
}
