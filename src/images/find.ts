// Every image that resources name, with the object and the place in the files. What stands where an image must stand and
// is no valid reference is told as a problem, since no runtime could pull it either.
import { ResourceError, type ResourceLocation } from '../errors.ts';
import { errorMessageOf, FailuresError } from '../errors.ts';
import { imageLimits } from '../limits.ts';
import type { Reference } from '../oci/reference.ts';
import { locateFields, type ParsedResource } from '../resources/parse.ts';
import { identityOf, type ResourceIdentity } from '../resources/resource.ts';
import type { SourceFile } from '../resources/validate.ts';
import { imagePathsOf, type ImagePath } from './kinds.ts';
import { parseImage } from './reference.ts';

export type FoundImage = {
  /** As it is written. */
  readonly text: string;
  readonly image: Reference;
  readonly identity: ResourceIdentity;
  /** Keys and indexes from the object on. */
  readonly path: readonly string[];
  /** The place of the field, and that of its object. */
  readonly location: ResourceLocation;
  readonly object: ResourceLocation;
};

type Field = Omit<FoundImage, 'image'>;

/**
 * The images of all resources, in the files' order.
 * @param files that the resources were read from
 * @throws FailuresError of ResourceError `RESOURCE_INVALID`, `RESOURCE_LIMIT`
 */
export function findImages(
  resources: readonly ParsedResource[],
  files: readonly SourceFile[],
): readonly FoundImage[] {
  const found: FoundImage[] = [];
  const problems: ResourceError[] = [];
  for (const field of locate(resources.flatMap(fieldsOf), files)) {
    try {
      found.push({ ...field, image: parseImage(field.text) });
    } catch (cause) {
      problems.push(new ResourceError('RESOURCE_INVALID', errorMessageOf(cause), field.location, { cause }));
    }
    if (found.length > imageLimits.fields) {
      problems.push(
        new ResourceError(
          'RESOURCE_LIMIT',
          `files name more than ${imageLimits.fields} images`,
          field.location,
        ),
      );
      break;
    }
  }
  const [first, ...rest] = problems.slice(0, imageLimits.problems);
  if (first === undefined) return found;
  throw new FailuresError([first, ...rest], 'not every image is a valid reference');
}

function fieldsOf({ resource, location }: ParsedResource): readonly Field[] {
  const identity = identityOf(resource);
  return imagePathsOf(identity.kind, identity.group).flatMap((path) =>
    textsAt(resource, path).map((at) => ({ ...at, identity, location, object: location })),
  );
}

/** The texts that a path leads to; an empty one is a default that somebody else fills in. */
function textsAt(value: unknown, path: ImagePath): readonly Pick<FoundImage, 'text' | 'path'>[] {
  const [step, ...rest] = path;
  if (step === undefined) return typeof value === 'string' && value !== '' ? [{ text: value, path: [] }] : [];
  if (step === '*') {
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, index) => below(item, `${index}`, rest));
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return [];
  return below(Object.entries(value).find(([key]) => key === step)?.[1], step, rest);
}

function below(value: unknown, step: string, rest: ImagePath): readonly Pick<FoundImage, 'text' | 'path'>[] {
  return textsAt(value, rest).map(({ text, path }) => ({ text, path: [step, ...path] }));
}

/** Each file is read once more, for all of its fields. */
function locate(fields: readonly Field[], files: readonly SourceFile[]): readonly Field[] {
  const bytesOf = new Map(files.map(({ path, bytes }) => [path, bytes]));
  return [...Map.groupBy(fields, ({ location }) => location.file)].flatMap(([file, inFile]) => {
    const bytes = bytesOf.get(file);
    const places = bytes === undefined ? [] : locateFields(file, bytes, inFile);
    return inFile.map((field, index) => ({ ...field, location: places[index] ?? field.location }));
  });
}
