// Whether a write that came within the second of our own apply may be an impostor's, who used our field manager:
// managedFields' times are whole seconds, so its entry would look like ours. What a status write leaves as it was
// needs no look.
import { hash } from 'node:crypto';
import type { ResourceKind } from '../../src/kube/discovery.ts';
import type { KubeMetadata } from '../../src/kube/object.ts';
import { hasHealth } from './health.ts';
import { isFieldSet, type FieldSet } from './own-fields.ts';
import { fieldsOf, type Baseline } from './tracked.ts';

/** Time after our answer in which an entry of our name may be an impostor's. */
export const confirmWindowMs = 2000;

/**
 * Fingerprint of the labels and annotations of ours, which no generation counts; undefined where we own more of the
 * metadata than that.
 */
export function marksOf(metadata: KubeMetadata, fields: FieldSet | undefined): string | undefined {
  const own = fields?.['f:metadata'];
  if (!isFieldSet(own)) return undefined;
  if (Object.keys(own).some((name) => name !== 'f:labels' && name !== 'f:annotations')) return undefined;
  const pick = (map: Readonly<Record<string, string>> | undefined, set: unknown): readonly unknown[] =>
    isFieldSet(set)
      ? Object.keys(set)
          .sort()
          .map((name) => [name, map?.[name.slice('f:'.length)]])
      : [];
  const text = JSON.stringify([
    pick(metadata.labels, own['f:labels']),
    pick(metadata.annotations, own['f:annotations']),
  ]);
  return hash('sha256', text, 'buffer').subarray(0, 12).toString('base64url');
}

/**
 * Whether what stands is surely what we applied: neither the generation nor our marks have changed. Of kinds without
 * health the generation is not trusted: a PriorityClass has one that never moves.
 */
export function isSurelyOurs(kind: ResourceKind, baseline: Baseline, metadata: KubeMetadata): boolean {
  const { generation, marks } = baseline;
  if (!hasHealth(kind) || generation === undefined || metadata.generation !== generation) return false;
  return marks !== undefined && marksOf(metadata, fieldsOf(baseline)) === marks;
}
