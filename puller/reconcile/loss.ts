// What an object lost of what we applied, to whom, and whether all of it is left to others anyway.
import type { KubeMetadata } from '../../src/kube/object.ts';
import { pullerLimits } from '../../src/limits.ts';
import { wholeOf } from './desired.ts';
import { isLeftPath, missingPaths } from './left-fields.ts';
import { fieldManagerOf } from './owner.ts';
import {
  fieldsBelow,
  findOwnEntry,
  formatPath,
  isFieldSet,
  lostPaths,
  takersOf,
  type FieldPath,
  type FieldSet,
} from './own-fields.ts';
import { fieldsOf, leftOf, type Loss, type Tracked } from './tracked.ts';

export const nothingLost: Loss = { fields: [], takers: [] };

/** As far as it can be told; of many fields the first ones. */
export function lossOf(object: Tracked, metadata: KubeMetadata | undefined): Loss {
  if (metadata === undefined) return nothingLost;
  const left = leftOf(object);
  const body = left.length === 0 ? undefined : bodyOf(object);
  const lost: FieldPath[] = [];
  for (const path of pathsLost(object, metadata)) {
    if (lost.length >= pullerLimits.namedFields) break;
    if (left.length === 0 || !isLeftPath(path, left, body)) lost.push(path);
  }
  const takers = takersOf(metadata, fieldManagerOf(object.ownerId), toFieldSet(lost));
  // Items of sets are named by their value.
  const hide = object.desired.origin.hide ?? ((text: string) => text);
  return {
    fields: lost.map((path) => hide(formatPath(path))),
    takers: takers.slice(0, pullerLimits.namedManagers),
  };
}

/** Whether others took nothing but fields that are left to them. */
export function lostOnlyLeft(object: Tracked, metadata: KubeMetadata): boolean {
  const left = leftOf(object);
  if (left.length === 0) return false;
  const entry = findOwnEntry(metadata, fieldManagerOf(object.ownerId));
  // The time moves with an apply in our name alone: somebody else made one.
  if (entry === undefined || (entry.time ?? '') !== object.baseline.time) return false;
  const body = bodyOf(object);
  let isAny = false;
  for (const path of pathsLost(object, metadata)) {
    if (!isLeftPath(path, left, body)) return false;
    isAny = true;
  }
  return isAny;
}

/** Whether replicas were taken through the subresource that autoscalers write. */
export function lostReplicasToScale(object: Tracked, metadata: KubeMetadata): boolean {
  const isScaled = (metadata.managedFields ?? []).some(
    ({ subresource, fieldsV1 }) =>
      subresource === 'scale' && fieldsBelow(fieldsV1?.['f:spec'])?.['f:replicas'] !== undefined,
  );
  if (!isScaled) return false;
  for (const path of pathsLost(object, metadata)) if (path.join('/') === 'f:spec/f:replicas') return true;
  return false;
}

function pathsLost(object: Tracked, metadata: KubeMetadata): Iterable<FieldPath> {
  const own = findOwnEntry(metadata, fieldManagerOf(object.ownerId))?.fieldsV1;
  const fields = fieldsOf(object.baseline);
  // After a restart it is told by what we would send.
  return fields === undefined ? missingPaths(bodyOf(object), own) : lostPaths(fields, own);
}

function bodyOf({ desired }: Tracked): unknown {
  return JSON.parse(wholeOf(desired).toString('utf8'));
}

function toFieldSet(paths: readonly FieldPath[]): FieldSet {
  const set: FieldSet = {};
  for (const path of paths) {
    let at = set;
    for (const name of path) {
      const known = at[name];
      const next: FieldSet = isFieldSet(known) ? known : {};
      at[name] = next;
      at = next;
    }
  }
  return set;
}
