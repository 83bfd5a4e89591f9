// Images of files that are about to be published, put under other names by rule, as a mirror needs it: in the files
// themselves, of which every other byte stays as it was.
import type { ArtifactFile } from '../artifact/pack.ts';
import { FailuresError, type ResourceError } from '../errors.ts';
import { findImages, type FoundImage } from '../images/find.ts';
import { rewriteImage, type RewriteRule } from '../images/rewrite.ts';
import { imageLimits } from '../limits.ts';
import { formatReference } from '../oci/reference.ts';
import { editTexts } from '../resources/marked-values.ts';
import { locateFields } from '../resources/parse.ts';
import { readResources } from '../resources/validate.ts';
import type { Ports } from './ports.ts';

type Rewritten = FoundImage & { readonly fresh: string };

/**
 * The files with the images that a rule is for under their other names; each of them is logged.
 * @throws FailuresError of ResourceError, also for an image that is not written as one text on one line
 */
export function rewriteImages(
  files: readonly ArtifactFile[],
  rules: readonly RewriteRule[],
  { log }: Pick<Ports, 'log'>,
): readonly ArtifactFile[] {
  if (rules.length === 0) return files;
  const resources = readResources(files);
  const rewritten = findImages(resources, files).flatMap((found): readonly Rewritten[] => {
    const image = rewriteImage(found.image, rules);
    return image === found.image ? [] : [{ ...found, fresh: formatReference(image) }];
  });
  const byFile = Map.groupBy(rewritten, ({ location }) => location.file);
  const problems: ResourceError[] = [];
  const edited = files.map((file) => {
    const inFile = byFile.get(file.path);
    if (inFile === undefined) return file;
    const { bytes, problems: found } = editFile(file, inFile);
    problems.push(...found);
    return { ...file, bytes };
  });
  const [first, ...rest] = problems.slice(0, imageLimits.problems);
  if (first !== undefined) throw new FailuresError([first, ...rest], 'not every image can be rewritten');
  for (const { location, text, fresh } of rewritten)
    log(`rewrote ${location.file}:${location.line ?? 1}: ${text} -> ${fresh}`);
  return edited;
}

function editFile({ path, bytes }: ArtifactFile, images: readonly Rewritten[]): ReturnType<typeof editTexts> {
  const wanted = images.map((image) => ({ location: image.object, path: image.path }));
  const places = locateFields(path, bytes, wanted, 'value');
  return editTexts(
    bytes,
    images.map(({ text, fresh, location }, index) => ({
      location: places[index] ?? location,
      value: text,
      fresh,
    })),
  );
}
