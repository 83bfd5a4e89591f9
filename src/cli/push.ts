// sealift push: files to a signed, verified, tagged artifact.
import type { ArtifactFile } from '../artifact/pack.ts';
import { InputError } from '../errors.ts';
import { parseRewrites } from '../images/rewrite.ts';
import { parseReference, type Reference } from '../oci/reference.ts';
import { makeImageLock, type ImageLock } from '../operations/image-lock.ts';
import { publish } from '../operations/publish.ts';
import { rewriteImages } from '../operations/rewrite-images.ts';
import { annotationsOf } from '../operations/annotations.ts';
import { openImageRegistry } from './image-registry.ts';
import { outputOptions, parseFormat, parseVerb, requireOption, takePositionals } from './arguments.ts';
import { printResult } from './output.ts';
import { formatOptions, formatSigned, parseFormats, readSigner, signingOptions } from './signing-options.ts';
import { connect, registryOptions, type RegistryValues } from './registries.ts';
import { readPath, renderOptions } from './render-options.ts';
import type { World } from './world.ts';

export async function runPush(args: readonly string[], world: World): Promise<void> {
  const startedMs = world.now();
  const { values, positionals } = parseVerb(args, {
    path: { type: 'string', short: 'f' },
    provenance: { type: 'boolean', default: false },
    'no-validate': { type: 'boolean', default: false },
    rewrite: { type: 'string', multiple: true, default: [] },
    'lock-images': { type: 'boolean', default: false },
    'allow-plaintext-secrets': { type: 'boolean', default: false },
    ...signingOptions,
    ...formatOptions,
    source: { type: 'string' },
    revision: { type: 'string' },
    created: { type: 'string' },
    annotations: { type: 'string', short: 'a', multiple: true, default: [] },
    ...renderOptions,
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const reference = parseReference(takePositionals(positionals, 'oci://HOST/REPOSITORY:TAG')[0]);
  if (reference.tag === undefined || reference.digest !== undefined) {
    throw new InputError('INPUT_INVALID', 'push needs a reference with a tag and without a digest');
  }
  const signer = await readSigner(values, world);
  const signatureFormats = parseFormats(values['signature-format'], signer);
  const annotations = annotationsOf(values.annotations, values);
  const path = requireOption(values.path, 'path');
  const collected = await readPath(path, values, world);
  const { rendering } = collected;
  if (rendering === undefined) for (const path of collected.skipped) world.stderr(`left out ${path}\n`);
  const repository = `${reference.registry}/${reference.repository}`;
  const log = (line: string): void => world.stderr(`${line}\n`);
  const files = rewriteImages(collected.files, parseRewrites(values.rewrite), { log });
  const lock = values['lock-images'] ? await lockFiles(files, reference, { values, world }) : undefined;
  const { source, revision } = values;
  const { store, close } = await connect(reference, values, world);
  try {
    const published = await publish(
      {
        store,
        files: lock === undefined ? files : [...files, lock.file],
        validate: !values['no-validate'],
        annotations,
        allowPlaintextSecrets: values['allow-plaintext-secrets'],
        signer,
        signatureFormats,
        repository,
        tags: [reference.tag],
        provenance: values.provenance
          ? { path, source, revision, rendering, env: world.env, startedMs }
          : undefined,
      },
      { now: world.now, log, signal: world.signal },
    );
    const { digest, isChanged, signatureDigest, signed, resources, size } = published;
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
        signed: signed.map(formatSigned),
        resources: resources.length,
        size,
        ...(rendering === undefined ? {} : { rendering }),
        ...(lock === undefined ? {} : { images: lock.images }),
      },
    });
  } finally {
    close();
  }
}

/** Images may be anywhere; the log-in of the command line is for the registry that the artifact goes to. */
async function lockFiles(
  files: readonly ArtifactFile[],
  { registry: login }: Reference,
  { values, world }: { readonly values: RegistryValues; readonly world: World },
): Promise<ImageLock> {
  const { registry, close } = await openImageRegistry(values, world, login);
  try {
    return await makeImageLock(files, registry.resolve, { log: (line) => world.stderr(`${line}\n`) });
  } finally {
    close();
  }
}
