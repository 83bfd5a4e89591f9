// Fields that others own and that become ours, by one patch of managedFields before the forced apply. Fields of theirs
// that the artifact lacks are removed by that apply, as Flux's mode Override does it.
import {
  kubeObjectSchema,
  acceptObjectMetadata,
  type KubeMetadata,
  type ManagedFieldsEntry,
} from '../../src/kube/object.ts';
import { pathOf, type Desired } from './desired.ts';
import { isTakenOver } from './foreign-owners.ts';
import { asAccount, type Applier } from './object-requests.ts';
import { fieldManagerOf } from './owner.ts';
import { findOwnEntry, isFieldSet, type FieldSet } from './own-fields.ts';

/**
 * Takes the entries over, if there are any.
 * @returns the metadata as it is then; the same where there was nothing to take
 * @throws KubeError `KUBE_CONFLICT` where the object has changed since it was looked at
 */
export async function takeEntriesOver(
  applier: Applier,
  desired: Desired,
  metadata: KubeMetadata,
): Promise<KubeMetadata> {
  if (desired.rules.ssa === 'Merge') return metadata;
  const entries = convertEntries(applier, desired, metadata);
  if (entries === undefined) return metadata;
  const { client, ownerId, impersonate } = applier;
  const answer = await client.request({
    method: 'PATCH',
    path: pathOf(desired),
    query: { fieldManager: fieldManagerOf(ownerId) },
    contentType: 'application/json-patch+json',
    accept: acceptObjectMetadata,
    body: [
      // Written as it was read, it is a precondition: another version is a conflict.
      { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
      { op: 'replace', path: '/metadata/managedFields', value: entries },
    ],
    ...asAccount(impersonate),
  });
  return kubeObjectSchema.parse(answer.body).metadata;
}

/** Entries with those that are taken over as our own one; undefined where none is. */
function convertEntries(
  applier: Applier,
  desired: Desired,
  metadata: KubeMetadata,
): readonly ManagedFieldsEntry[] | undefined {
  const { kind } = desired;
  const { managedFields = [] } = metadata;
  const isTaken = isTakenOver(applier, desired, metadata);
  const taken = managedFields.filter(isTaken);
  const [first] = taken;
  if (first === undefined) return undefined;
  const manager = fieldManagerOf(applier.ownerId);
  const own = findOwnEntry(metadata, manager);
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  // Fields of another version may have other names: they are let go, and stay as nobody's.
  const sets = [own, ...taken]
    .filter((entry) => entry?.apiVersion === apiVersion)
    .map((entry): FieldSet => entry?.fieldsV1 ?? {});
  const merged: ManagedFieldsEntry = {
    manager,
    operation: 'Apply',
    apiVersion,
    time: own?.time ?? first.time,
    fieldsType: 'FieldsV1',
    fieldsV1: sets.reduce<FieldSet>(uniteFields, {}),
  };
  return [...managedFields.filter((entry) => entry !== own && !isTaken(entry)), merged];
}

function uniteFields(one: FieldSet, other: FieldSet): FieldSet {
  const united: FieldSet = { ...one };
  for (const [name, child] of Object.entries(other)) {
    const known = united[name];
    united[name] = isFieldSet(known) && isFieldSet(child) ? uniteFields(known, child) : child;
  }
  return united;
}
