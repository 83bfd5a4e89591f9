// What an object's annotations in the verified artifact say of how it is applied: ours, or Flux's where ours is absent.
// On a live object they mean nothing: who may edit an object must not decide how it is kept.
import { isDeepStrictEqual } from 'node:util';
import { objectRuleDomains, type objectRuleNames } from '../../src/api/common.ts';
import { ApplyError } from '../../src/errors.ts';
import { formatIdentity, identityOf, type Resource } from '../../src/resources/resource.ts';

export type ObjectRules = {
  /**
   * `Override` takes fields over that kubectl set, `Merge` leaves them as they are. `IfNotPresent` makes the object where
   * there is none, and `Ignore` leaves it alone.
   */
  readonly ssa: 'Override' | 'Merge' | 'IfNotPresent' | 'Ignore';
  /** Whether it is deleted and made anew where a field can't be changed. */
  readonly force: 'Enabled' | 'Disabled';
  /** Undefined is what its kind's default is. */
  readonly prune: 'Enabled' | 'Disabled' | undefined;
  /** `Disabled`: made where there is none, else left as it is, and never deleted. */
  readonly reconcile: 'Enabled' | 'Disabled';
};

const switches = ['Enabled', 'Disabled'] as const;

/**
 * The rules of an object of the artifact.
 * @throws ApplyError `APPLY_FAILED` for a value that no rule has: guessing could delete what must stay
 */
export function rulesOf(resource: Resource): ObjectRules {
  const rules: ObjectRules = {
    ssa: readRule(resource, 'ssa', ['Override', 'Merge', 'IfNotPresent', 'Ignore']) ?? 'Override',
    force: readRule(resource, 'force', switches) ?? 'Disabled',
    prune: readRule(resource, 'prune', switches),
    reconcile: readRule(resource, 'reconcile', switches) ?? 'Enabled',
  };
  return isDeepStrictEqual(rules, usual) ? usual : rules;
}

/** Of nearly all objects, so that it stands in memory once. */
const usual: ObjectRules = { ssa: 'Override', force: 'Disabled', prune: undefined, reconcile: 'Enabled' };

/** Whether the object is only ever made, and never changed. */
export function isMadeOnly({ ssa, reconcile }: ObjectRules): boolean {
  return ssa === 'IfNotPresent' || reconcile === 'Disabled';
}

/** What pruning goes by; it outlives the artifact that said it, in the record. */
export function pruneRuleOf({ prune, reconcile }: ObjectRules): ObjectRules['prune'] {
  return reconcile === 'Disabled' ? 'Disabled' : prune;
}

/** Values count in any case, as Flux compares them. */
function readRule<T extends string>(
  resource: Resource,
  rule: (typeof objectRuleNames)[number],
  values: readonly T[],
): T | undefined {
  const { annotations, labels } = resource.metadata;
  const [ours, flux] = objectRuleDomains.map((domain) => `${domain}/${rule}`);
  if (ours === undefined || flux === undefined) return undefined;
  const name = annotations?.[ours] === undefined ? flux : ours;
  // Flux takes its own as labels, too.
  const text = annotations?.[name] ?? labels?.[flux];
  if (text === undefined) return undefined;
  const found = values.find((value) => value.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  const object = formatIdentity(identityOf(resource));
  const shown = JSON.stringify(text.slice(0, 64));
  throw new ApplyError(
    'APPLY_FAILED',
    `${object}: annotation ${name} is ${shown}, not one of ${values.join(', ')}`,
    object,
  );
}
