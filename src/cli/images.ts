// sealift images: which container images the objects of files or of an artifact name, and what their tags show.
import { stat } from 'node:fs/promises';
import { fetchArtifact } from '../artifact/artifact.ts';
import { InputError } from '../errors.ts';
import { findImages, type FoundImage } from '../images/find.ts';
import { lockImages, type LockedImage } from '../images/lock.ts';
import { formatImage } from '../images/reference.ts';
import { parseRewrites, rewriteImage } from '../images/rewrite.ts';
import { formatIdentity } from '../resources/resource.ts';
import { isResourceFile, readResources, type SourceFile } from '../resources/validate.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { loneRegistryOf, openImageRegistry } from './image-registry.ts';
import { runImagesUpdate } from './images-update.ts';
import { parseLocation, requireWanted } from './location.ts';
import { registryOptions, type RegistryValues } from './registries.ts';
import { readPath, refuseRender, renderOptions, type RenderValues } from './render-options.ts';
import { openSource } from './stores.ts';
import type { World } from './world.ts';

/** One image as it is shown. */
type Shown = {
  readonly image: string;
  readonly text: string;
  readonly digest?: string | undefined;
  readonly object: string;
  readonly field: string;
  readonly file: string;
  readonly line?: number | undefined;
};

export async function runImages(args: readonly string[], world: World): Promise<void> {
  if (args[0] === 'update') return runImagesUpdate(args.slice(1), world);
  const { values, positionals } = parseVerb(args, {
    resolve: { type: 'boolean', default: false },
    rewrite: { type: 'string', multiple: true, default: [] },
    ...renderOptions,
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const rules = parseRewrites(values.rewrite);
  const [place] = takePositionals(positionals, 'DIR|LOCATION');
  const files = await readPlace(place, values, world);
  const found = findImages(readResources(files), files).map((one) => ({
    ...one,
    image: rewriteImage(one.image, rules),
  }));
  const locked = values.resolve ? await lock(found, values, world) : [];
  const digests = new Map(locked.map(({ image, digest }) => [image, digest]));
  const shown = found.map((one) => show(one, digests));
  if (format === 'json') world.stdout(`${JSON.stringify({ images: shown })}\n`);
  else for (const one of shown) world.stdout(`${formatShown(one)}\n`);
  world.stderr(`${new Set(shown.map(({ image }) => image)).size} images in ${shown.length} fields\n`);
}

/** What is there as a file or a directory is one; a scheme says that it is something else. */
async function readPlace(
  place: string,
  values: RegistryValues & RenderValues,
  world: World,
): Promise<readonly SourceFile[]> {
  const isElsewhere = /^oci(?:-layout|-archive)?:/u.test(place);
  if (!isElsewhere && (await isThere(place))) return (await readPath(place, values, world)).files;
  if (!isElsewhere && !/[:@]/u.test(place)) {
    throw new InputError('FILE_UNREADABLE', `${place} is neither a file nor a directory`, {
      hint: 'An artifact is named with its tag or digest: HOST/REPOSITORY:TAG.',
    });
  }
  refuseRender(values);
  const location = parseLocation(place);
  const wanted = requireWanted(location);
  const { source, close } = await openSource(location, values, world);
  try {
    const manifest = await source.resolve(wanted, world.signal);
    const files = await fetchArtifact(source, manifest, world.signal);
    return files.filter(({ path }) => isResourceFile(path));
  } finally {
    await close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function lock(
  found: readonly FoundImage[],
  values: RegistryValues,
  world: World,
): Promise<readonly LockedImage[]> {
  const images = found.map(({ image }) => image);
  const { registry, close } = await openImageRegistry(values, world, loneRegistryOf(images));
  try {
    return await lockImages(images, registry.resolve);
  } finally {
    close();
  }
}

function show(
  { image, text, identity, path, location }: FoundImage,
  digests: ReadonlyMap<string, string>,
): Shown {
  const name = formatImage(image);
  const digest = digests.get(name) ?? image.digest;
  return {
    image: name,
    text,
    ...(digest === undefined ? {} : { digest }),
    object: formatIdentity(identity),
    field: path.join('.'),
    file: location.file,
    ...(location.line === undefined ? {} : { line: location.line }),
  };
}

function formatShown({ image, digest, object, file, line }: Shown): string {
  const pinned = digest === undefined || image.endsWith(digest) ? image : `${image}@${digest}`;
  return `${pinned}  ${file}:${line ?? 1}  ${object}`;
}
