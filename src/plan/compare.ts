// From the objects of two sides to the report of a plan: what is created, configured and deleted, which objects must be
// made anew, and diffs that show no value of a Secret.
import { planLimits } from '../limits.ts';
import { diffArtifacts, type ArtifactChange } from '../operations/diff.ts';
import { identityKey, identityOf, type Resource } from '../resources/resource.ts';
import { findImmutableChanges } from './immutable.ts';
import { leaveOut, type IgnoreRule } from './ignore.ts';
import { createValueMask, type ValueMask } from './mask.ts';
import type { PlannedChange, PlanReport } from './report.ts';

export type PlanRequest = Pick<PlanReport, 'base' | 'head' | 'madeAt'> & {
  readonly before: readonly Resource[];
  readonly after: readonly Resource[];
  readonly ignore: readonly IgnoreRule[];
  readonly contextLines: number;
};

/** What applying `after` would change where `before` was applied. */
export function planChanges(request: PlanRequest): PlanReport {
  const before = request.before.map((resource) => leaveOut(resource, request.ignore));
  const after = request.after.map((resource) => leaveOut(resource, request.ignore));
  const mask = createValueMask([...request.before, ...request.after]);
  const { changes, unchanged } = diffArtifacts({
    before: before.map((resource) => ({ resource })),
    after: after.map((resource) => ({ resource })),
    contextLines: request.contextLines,
    redact: mask.resource,
  });
  const [old, fresh] = [indexOf(before), indexOf(after)];
  const planned = changes.map((change) => {
    const key = identityKey(change.identity);
    const versions = [old.get(key), fresh.get(key)] as const;
    return toPlanned(change, immutableOf(...versions), mask);
  });
  const { base, head, madeAt } = request;
  const sorted = planned.toSorted((a, b) => rankOf(a) - rankOf(b));
  return { version: 1, base, head, madeAt, unchanged, changes: fitTexts(sorted) };
}

function indexOf(resources: readonly Resource[]): ReadonlyMap<string, Resource> {
  return new Map(resources.map((resource) => [identityKey(identityOf(resource)), resource]));
}

function immutableOf(before: Resource | undefined, after: Resource | undefined): readonly string[] {
  return before === undefined || after === undefined ? [] : findImmutableChanges(before, after);
}

function toPlanned(change: ArtifactChange, immutable: readonly string[], mask: ValueMask): PlannedChange {
  const { action, identity, name, fields, text } = change;
  return {
    action,
    name: shorten(mask.text(name)),
    group: mask.text(identity.group),
    kind: mask.text(identity.kind),
    fields: fields.map((field) => shorten(mask.text(field))),
    immutable: immutable.map((field) => shorten(mask.text(field))),
    // Once more as text: the names in its head are not the objects'.
    text: mask.text(text),
  };
}

/** What may lose data first. */
function rankOf({ action, immutable }: PlannedChange): number {
  if (action === 'deleted') return 0;
  if (immutable.length > 0) return 1;
  return action === 'configured' ? 2 : 3;
}

function shorten(text: string): string {
  return text.length > 1000 ? `${text.slice(0, 999)}…` : text;
}

/** Diffs as long as the report has room; what has none keeps its place without one. */
function fitTexts(changes: readonly PlannedChange[]): PlannedChange[] {
  let left: number = planLimits.reportCharacters;
  return changes.map((change) => {
    if (change.text.length > left) return { ...change, text: '' };
    left -= change.text.length;
    return change;
  });
}
