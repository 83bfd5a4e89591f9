// Rules that put one prefix of image names in place of another, as mirrors need it: `docker.io/library=mirror.example/hub`.
import { InputError } from '../errors.ts';
import { imageLimits } from '../limits.ts';
import type { Reference } from '../oci/reference.ts';
import { parseImage } from './reference.ts';

export type RewriteRule = { readonly from: string; readonly to: string };

/**
 * Reads rules as `FROM=TO`, each a host or a host with the beginning of a name.
 * @param name what messages call a rule
 * @throws InputError `INPUT_INVALID`
 */
export function parseRewrites(texts: readonly string[], name = '--rewrite'): readonly RewriteRule[] {
  if (texts.length > imageLimits.rewrites) {
    throw new InputError('INPUT_INVALID', `there are more than ${imageLimits.rewrites} rules to rewrite by`);
  }
  return texts.map((text) => {
    const [from = '', to = '', ...more] = text.split('=');
    if (more.length === 0 && isPrefix(from) && isPrefix(to)) return { from, to };
    throw new InputError('INPUT_INVALID', `${name} ${JSON.stringify(text.slice(0, 300))} is not FROM=TO`, {
      hint: 'Both are HOST or HOST/PATH, in full: docker.io/library=mirror.example.com/hub.',
    });
  });
}

/** The image by the rule with the longest prefix that ends where a segment does; without such a rule as it is. */
export function rewriteImage(image: Reference, rules: readonly RewriteRule[]): Reference {
  const name = `${image.registry}/${image.repository}`;
  const rule = rules
    .filter(({ from }) => name === from || name.startsWith(`${from}/`))
    .toSorted((a, b) => b.from.length - a.from.length)[0];
  if (rule === undefined) return image;
  const { registry, repository } = parseImage(`${rule.to}${name.slice(rule.from.length)}`);
  return { ...image, registry, repository };
}

/** A host alone is one where a name behind it makes a reference. */
function isPrefix(text: string): boolean {
  if (text === '' || text.length > imageLimits.referenceLength || /[@=]|:(?!\d+(?:\/|$))/u.test(text)) {
    return false;
  }
  try {
    return `${parseImage(`${text}/name`).registry}/` === `${text.split('/')[0] ?? ''}/`;
  } catch {
    return false;
  }
}
