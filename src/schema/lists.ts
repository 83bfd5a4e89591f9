// Lists: how many items, each item, and that none stands there twice where the schema says so.
import { isMap } from './node.ts';
import { report, spend, type Run, type Spot } from './run.ts';

export function checkList(
  run: Run,
  { node, place }: Spot,
  { list, check }: { readonly list: readonly unknown[]; readonly check: (run: Run, spot: Spot) => void },
): void {
  const { minItems = 0, maxItems = Infinity, items } = node;
  const found = `${list.length} items`;
  if (list.length < minItems)
    report(run, place, { code: 'FIELD_INVALID', expected: `at least ${minItems} items`, found });
  if (list.length > maxItems)
    report(run, place, { code: 'FIELD_INVALID', expected: `at most ${maxItems} items`, found });
  if (items !== undefined) {
    for (const [index, value] of list.entries()) {
      check(run, { value, node: items, place: { parent: place, step: `${index}` } });
    }
  }
  const by = node.uniqueBy ?? (node.uniqueItems === true ? [] : undefined);
  if (by !== undefined && !run.isBuiltIn) checkUnique(run, { node, place, value: list }, { list, by });
}

function checkUnique(
  run: Run,
  { place }: Spot,
  { list, by }: { readonly list: readonly unknown[]; readonly by: readonly string[] },
): void {
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const text = canonical(by.length > 0 && isMap(item) ? by.map((key) => item[key] ?? null) : item);
    spend(run.budget, Math.ceil(text.length / 16));
    if (seen.has(text)) {
      const expected = by.length === 0 ? 'no item twice' : `no two items of one ${by.join(' and ')}`;
      report(
        run,
        { parent: place, step: `${index}` },
        { code: 'FIELD_INVALID', expected, found: 'it twice' },
      );
    }
    seen.add(text);
  }
}

/** A value as text that is equal for equal values, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isMap(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
