// `spec.images`: other names, tags and digests for container images, as kustomize's `images` puts them: wherever a list
// `containers` or `initContainers` stands, whatever the kind, and in the image volumes of pods.
import { RE2JS } from '@bufbuild/re2';
import type { ImageOverride } from '../api/delivery-transforms.ts';
import { errorMessageOf, InputError } from '../errors.ts';
import type { Value } from '../resources/values.ts';
import { kindOf, type BuiltObject } from './built-object.ts';
import { changeAt, changeItems, isList, isMap, memberOf, withMember, type ValueMap } from './edit.ts';

type Override = (image: string) => string;

const containerLists: ReadonlySet<string> = new Set(['containers', 'initContainers']);
const volumePaths = ['spec/volumes/image/reference', 'spec/template/spec/volumes/image/reference'].map(
  (path) => path.split('/'),
);

/** @throws InputError `INPUT_INVALID` for a name that is no regular expression */
export function overrideImages(
  objects: readonly BuiltObject[],
  images: readonly ImageOverride[],
): readonly BuiltObject[] {
  const overrides = joinByName(images).map(compile);
  if (overrides.length === 0) return objects;
  const change = (found: Value): Value =>
    typeof found === 'string' ? overrides.reduce((image, override) => override(image), found) : found;
  return objects.map((object) => {
    // A definition's schema may have such members, too.
    if (kindOf(object.value).kind === 'CustomResourceDefinition') return object;
    const inLists = inContainers(object.value, change);
    const changed = volumePaths.reduce((value, path) => changeAt(value, path, change), inLists);
    return isMap(changed) ? { ...object, value: changed } : object;
  });
}

/** Entries for one name are one, as in Flux: tag and digest go together, and the later entry wins. */
function joinByName(images: readonly ImageOverride[]): readonly ImageOverride[] {
  const joined = new Map<string, ImageOverride>();
  for (const image of images) {
    const { newName, newTag, digest, ...rest } = image;
    const before = joined.get(image.name);
    const version =
      newTag || digest ? { newTag, digest } : { newTag: before?.newTag, digest: before?.digest };
    joined.set(image.name, { ...rest, newName: newName || before?.newName, ...version });
  }
  return [...joined.values()];
}

function compile({ name, newName, newTag, digest }: ImageOverride, index: number): Override {
  const pattern = compileName(name, `spec.images[${index}].name`);
  return (image) => {
    if (!pattern.test(image)) return image;
    const split = splitImage(image);
    const version = newTag || digest ? { tag: newTag, digest } : split;
    const tag = version.tag ? `:${version.tag}` : '';
    return `${newName || split.name}${tag}${version.digest ? `@${version.digest}` : ''}`;
  };
}

function compileName(name: string, where: string): RE2JS {
  try {
    return RE2JS.compile(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`);
  } catch (cause) {
    const why = errorMessageOf(cause, 200);
    throw new InputError('INPUT_INVALID', `${where} is no regular expression: ${why}`, { cause });
  }
}

type SplitImage = {
  readonly name: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
};

/** What stands before the first slash may have a colon for its port. */
function splitImage(image: string): SplitImage {
  const host = Math.max(0, image.indexOf('/'));
  const [before = '', ...digests] = image.slice(host).split('@');
  const colon = before.indexOf(':');
  const end = host + (colon < 0 ? before.length : colon);
  return {
    name: image.slice(0, end),
    tag: colon < 0 ? undefined : before.slice(colon + 1),
    digest: digests.length === 0 ? undefined : digests.join('@'),
  };
}

function inContainers(value: Value, change: (image: Value) => Value): Value {
  if (isList(value)) return changeItems(value, (item) => inContainers(item, change));
  if (!isMap(value)) return value;
  return Object.entries(value).reduce<ValueMap>((map, [key, member]) => {
    const inner = inContainers(member, change);
    const isContainers = containerLists.has(key) && isList(inner);
    const changed = isContainers ? changeItems(inner, (item) => changeImage(item, change)) : inner;
    // The same map comes back where the member is the same.
    return changed === member ? map : withMember(map, key, changed);
  }, value);
}

function changeImage(container: Value, change: (image: Value) => Value): Value {
  const image = memberOf(container, 'image');
  if (!isMap(container) || image === undefined) return container;
  return withMember(container, 'image', change(image));
}
