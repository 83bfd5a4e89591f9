// Marks in YAML that say which image policy a value follows: Flux's own, `# {"$imagepolicy": "NAMESPACE:NAME"}`, with
// `:tag`, `:name` or `:digest` for a part of the image.
import * as z from 'zod';
import { editMarkedValues, type EditedFile } from '../resources/marked-values.ts';
import type { ResourceLocation } from '../errors.ts';

/** What a policy has chosen. */
export type ChosenImage = {
  readonly name: string;
  readonly tag: string;
  readonly digest?: string | undefined;
};

export type ImageMark = {
  /** `NAMESPACE/NAME` */
  readonly policy: string;
  readonly part: 'image' | 'name' | 'tag' | 'digest';
};

export type ImageChange = {
  readonly policy: string;
  readonly file: string;
  readonly line?: number | undefined;
  readonly before: string;
  readonly after: string;
};

/** What a mark was found at. */
export type FoundMark = ImageMark & { readonly location: ResourceLocation };

const markSchema = z.object({ $imagepolicy: z.string() });

/** The mark in a comment's text; undefined where it is another comment. */
export function parseMark(comment: string): ImageMark | undefined {
  if (!comment.startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(comment);
  } catch {
    return undefined;
  }
  const text = markSchema.safeParse(value).data?.$imagepolicy;
  const match = /^([a-z0-9-]{1,63}):([a-z0-9.-]{1,253})(?::(name|tag|digest))?$/u.exec(text ?? '');
  if (match === null) return undefined;
  const [, namespace = '', name = '', part] = match;
  const policy = `${namespace}/${name}`;
  if (part === 'name' || part === 'tag' || part === 'digest') return { policy, part };
  return { policy, part: 'image' };
}

/** Whether a file can have marks at all: files without are not even parsed, so templates of other tools may lie there. */
export function mayHaveMarks(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).includes('$imagepolicy');
}

/**
 * Puts what policies have chosen into a file's marked values.
 * @param choose undefined for a policy that is not known: the value stays
 */
export function setImages(
  { path, bytes }: { readonly path: string; readonly bytes: Uint8Array },
  choose: (mark: FoundMark) => ChosenImage | undefined,
): EditedFile & { readonly changes: readonly ImageChange[] } {
  const changes: ImageChange[] = [];
  const edited = editMarkedValues(path, bytes, ({ value, comment, location }) => {
    const mark = parseMark(comment);
    const chosen = mark === undefined ? undefined : choose({ ...mark, location });
    const after = mark === undefined || chosen === undefined ? undefined : partOf(chosen, mark.part);
    if (mark === undefined || after === undefined || after === value) return undefined;
    changes.push({ policy: mark.policy, file: path, line: location.line, before: value, after });
    return after;
  });
  return { ...edited, changes };
}

function partOf({ name, tag, digest }: ChosenImage, part: ImageMark['part']): string | undefined {
  if (part === 'name') return name;
  if (part === 'digest') return digest;
  const suffix = digest === undefined ? '' : `@${digest}`;
  return part === 'tag' ? `${tag}${suffix}` : `${name}:${tag}${suffix}`;
}
