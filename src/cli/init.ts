// sealift init: writes the first workflow, policy and Delivery into a repository, and never over a file that is there.
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import { parseReference } from '../oci/reference.ts';
import { buildFirstFiles, type FirstFile } from '../operations/init.ts';
import { parseVerifyKey } from '../signing/keys.ts';
import {
  outputOptions,
  parseFormat,
  parseVerb,
  readSource,
  requireOption,
  takePositionals,
} from './arguments.ts';
import { printResult } from './output.ts';
import type { World } from './world.ts';

export async function runInit(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    repository: { type: 'string' },
    path: { type: 'string', short: 'f', default: 'deploy' },
    name: { type: 'string' },
    namespace: { type: 'string', short: 'n' },
    channel: { type: 'string', default: 'production' },
    'verify-key': { type: 'string' },
    'promotion-key': { type: 'string' },
    action: { type: 'string', default: 'OWNER/sealift@v0' },
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const [folder] = takePositionals(positionals, 'DIR');
  const { registry, repository, tag, digest } = parseReference(
    requireOption(values.repository, 'repository'),
  );
  if (tag !== undefined || digest !== undefined) {
    throw new InputError(
      'INPUT_INVALID',
      '--repository has a tag or a digest; the workflow gives each version its own',
    );
  }
  const releaseKey = await readPublicKey(values['verify-key'], 'verify-key', world);
  const promotionKey = await readPublicKey(values['promotion-key'], 'promotion-key', world);
  if (releaseKey === promotionKey) {
    throw new InputError('INPUT_CONFLICT', 'promotions are signed by the key that signs releases', {
      hint: 'Make a second key pair for promotions with `sealift keygen`.',
    });
  }
  const name = values.name ?? repository.split('/').at(-1) ?? repository;
  const files = buildFirstFiles({
    registry,
    repository,
    name,
    namespace: values.namespace ?? name,
    channel: values.channel,
    path: values.path,
    action: values.action,
    releaseKey,
    promotionKey,
  });
  await writeAll(folder, files);
  for (const { path } of files) world.stderr(`wrote ${join(folder, path)}\n`);
  const owner = values.action.startsWith('OWNER/')
    ? ['put the owner of the action in place of OWNER in the workflow']
    : [];
  const steps = [
    'put the private key of releases into the secret SEALIFT_KEY of the repository, and its password into SEALIFT_KEY_PASSWORD',
    'keep both private keys out of the repository, and that of promotions with those who promote',
    ...owner,
    ...((await isThere(join(folder, values.path)))
      ? []
      : [`render the manifests into ${join(folder, values.path)}: nothing is there yet`]),
    `see with \`sealift check ${join(folder, values.path)}\` what CI will say`,
    `have the admin of the cluster make the namespace ${values.namespace ?? name} and the service account ${name}-deployer, and apply the policy`,
  ];
  for (const step of steps) world.stderr(`next: ${step}\n`);
  printResult(world, format, { line: folder, data: { folder, files: files.map(({ path }) => path) } });
}

async function readPublicKey(source: string | undefined, name: string, world: World): Promise<string> {
  if (source === undefined) {
    throw new InputError('INPUT_MISSING', `--${name} is missing`, {
      hint: 'Make one key pair for releases and another for promotions with `sealift keygen`.',
    });
  }
  const pem = await readSource(source, signingLimits.keyBytes, world);
  parseVerifyKey(pem);
  return pem;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** All of them or none: what was written is taken away where another one can't be. */
async function writeAll(folder: string, files: readonly FirstFile[]): Promise<void> {
  const written: string[] = [];
  try {
    for (const { path, text } of files) {
      const full = join(folder, path);
      await mkdir(dirname(full), { recursive: true });
      await writeFile(full, text, { flag: 'wx' });
      written.push(full);
    }
  } catch (cause) {
    await Promise.all(written.map((full) => rm(full)));
    const path = join(folder, files[written.length]?.path ?? '');
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new InputError('FILE_UNREADABLE', `${path} can not be written (${code})`, {
      cause,
      hint: 'Nothing is overwritten: move the file away first.',
    });
  }
}
