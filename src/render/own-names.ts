// Labels and annotations that no transform may set: annotations of ours count only inside a verified artifact, and our
// labels are never a tenant's to set.
import { apiGroup, objectRuleDomains, objectRuleNames } from '../api/common.ts';
import { InputError } from '../errors.ts';

const ruleAnnotations: ReadonlySet<string> = new Set(
  objectRuleDomains.flatMap((domain) => objectRuleNames.map((rule) => `${domain}/${rule}`)),
);

/** @throws InputError `INPUT_INVALID` for the first that is ours */
export function assertForeign(names: readonly string[], who: string): void {
  for (const name of names) {
    const domain = name.includes('/') ? name.slice(0, name.indexOf('/')) : '';
    if (ruleAnnotations.has(name))
      throw new InputError('INPUT_INVALID', `${who} may not set ${name}: only an artifact may`);
    if (domain !== apiGroup && !domain.endsWith(`.${apiGroup}`)) continue;
    throw new InputError('INPUT_INVALID', `${who} may not set ${name}: it is Sealift's own`);
  }
}
