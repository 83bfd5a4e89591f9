// Values that tell where they come from: of which artifact of which lane, or of somebody who meddles. Found again in what
// etcd stores, they tell everything that an object ever was.
import type { Stored } from './etcd-history.ts';

/** `good`: of a verified artifact. `bad`: of one that nobody trusted has signed. `vandal`: written by hand. */
export type MarkKind = 'good' | 'bad' | 'vandal';

export type Mark = { readonly kind: MarkKind; readonly lane: string; readonly number: number };

export function formatMark({ kind, lane, number }: Mark): string {
  return `mark:${kind}:${lane}:${number}:`;
}

/** The marks of an object, each once. */
export function marksIn(text: string): readonly Mark[] {
  const found = text.matchAll(/mark:(good|bad|vandal):([a-z0-9-]+):([0-9]+):/gu);
  const marks = [...found].flatMap(([, kind, lane = '', number]): readonly Mark[] =>
    kind === 'good' || kind === 'bad' || kind === 'vandal' ? [{ kind, lane, number: Number(number) }] : [],
  );
  return [...new Map(marks.map((mark) => [formatMark(mark), mark])).values()];
}

/** Keys of objects that Deliveries of these namespaces may hold. */
export function isObjectOf(key: string, namespaces: readonly string[]): boolean {
  const [collection = '', namespace = ''] = key.split('/');
  return ['configmaps', 'secrets', 'deployments'].includes(collection) && namespaces.includes(namespace);
}

/**
 * Writes of an older artifact over a newer one.
 * @param timelines of each lane: the artifacts that it was to show, one after the other, by their numbers
 */
export function olderOverNewer(
  stored: readonly Stored[],
  timelines: Readonly<Record<string, readonly number[]>>,
): readonly string[] {
  const positions = new Map<string, number>();
  const problems: string[] = [];
  for (const { key, text = '', revision } of stored) {
    for (const mark of marksIn(text)) {
      if (mark.kind !== 'good') continue;
      const timeline = timelines[mark.lane] ?? [];
      const from = positions.get(key) ?? 0;
      const position = timeline.indexOf(mark.number, from);
      if (position >= 0) positions.set(key, position);
      else {
        const held = timeline[from] ?? 'nothing';
        problems.push(`${key} got ${formatMark(mark)} after ${held}, in revision ${revision}`);
      }
    }
  }
  return problems;
}
