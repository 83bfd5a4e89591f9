// Values of Secrets wherever else they stand: in a ConfigMap, an argument, a name. Whatever a plan shows goes through
// it; where the search would take too long, text is masked whole rather than shown ("resource exhaustion").
import { planLimits } from '../limits.ts';
import { isSecret, valueFieldsOf } from '../resources/mask.ts';
import type { Resource } from '../resources/resource.ts';

const placeholder = '***';

export type ValueMask = {
  /** Text without the values. */
  text(text: string): string;
  /** An object without them, in keys as well. */
  resource(resource: Resource): Resource;
};

/** A mask for the values of all Secrets among the objects, those of both versions. */
export function createValueMask(resources: readonly Resource[]): ValueMask {
  const needles = new Set<string>();
  for (const secret of resources.filter(isSecret)) collectForms(secret, needles);
  const index = indexByStart(needles);
  const isExceeded = needles.size > planLimits.secrets;
  const budget = { steps: planLimits.maskSteps };
  const text = (value: string): string =>
    isExceeded || budget.steps <= 0 ? placeholder : maskText(value, index, budget);
  return {
    text,
    // The mask keeps the shape; a name that is masked is shown and never used.
    resource: (resource) => (isSecret(resource) ? resource : (maskDeep(resource, text) as Resource)),
  };
}

/** What a value may look like elsewhere: as it is, line by line, in base64, in a URL, in JSON. */
function collectForms(secret: Resource, needles: Set<string>): void {
  for (const field of valueFieldsOf(secret)) {
    for (const value of leavesOf(secret[field])) {
      const decoded = field === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value;
      const lines = decoded.split(/\r?\n/u).map((line) => line.trim());
      for (const spelling of [value, decoded, ...lines].flatMap(spellingsOf)) needles.add(spelling);
    }
  }
}

function spellingsOf(text: string): readonly string[] {
  const spellings = [text, text.trim(), base64(text), spellUrl(text), JSON.stringify(text).slice(1, -1)];
  return spellings.filter((spelling) => spelling.length >= planLimits.secretCharacters);
}

function leavesOf(value: unknown): readonly string[] {
  const leaves: string[] = [];
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') leaves.push(next);
    else if (typeof next === 'object' && next !== null)
      for (const part of Object.values(next)) open.push(part);
    else if (typeof next === 'number' || typeof next === 'boolean') leaves.push(String(next));
  }
  return leaves;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Halves of a surrogate pair have no spelling in a URL. */
function spellUrl(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text;
}

/** Needles of one beginning. */
type Bucket = {
  readonly needles: string[];
  /** Steps that a look at all of them takes. */
  cost: number;
};

/** Needles by their first characters, longest first, so that no end of one is left standing. */
function indexByStart(needles: ReadonlySet<string>): ReadonlyMap<string, Bucket> {
  const index = new Map<string, Bucket>();
  for (const needle of [...needles].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))) {
    const start = needle.slice(0, planLimits.secretCharacters);
    const bucket = index.get(start) ?? { needles: [], cost: 0 };
    bucket.needles.push(needle);
    // Needles may have a long beginning in common.
    bucket.cost += 10 + needle.length / 64;
    index.set(start, bucket);
  }
  return index;
}

function maskText(text: string, index: ReadonlyMap<string, Bucket>, budget: { steps: number }): string {
  if (index.size === 0) return text;
  let out = '';
  let kept = 0;
  for (let at = 0; at < text.length;) {
    const bucket = index.get(text.slice(at, at + planLimits.secretCharacters));
    budget.steps -= 1 + (bucket?.cost ?? 0);
    if (budget.steps < 0) return placeholder;
    const found = bucket?.needles.find((needle) => text.startsWith(needle, at));
    if (found === undefined) {
      at += 1;
      continue;
    }
    out += `${text.slice(kept, at)}${placeholder}`;
    at += found.length;
    kept = at;
  }
  return out + text.slice(kept);
}

/** Depth is bounded by the parser of objects. */
function maskDeep(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value);
  if (typeof value === 'number') {
    const masked = mask(String(value));
    return masked === String(value) ? value : masked;
  }
  if (Array.isArray(value)) return value.map((item) => maskDeep(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [mask(key), maskDeep(member, mask)]),
  );
}
