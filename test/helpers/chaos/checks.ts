// What must hold whatever happened: during the whole run, by the history of etcd and the audit log, and in the end.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { readFile } from 'node:fs/promises';
import { ownerLabel } from '../../../src/api/common.ts';
import type { LiveObject } from '../../e2e/bed.ts';
import { conditionOf, isReady } from '../../e2e/tenant.ts';
import { readStoredRecords } from '../stored-records.ts';
import { readAuditTrail, writesWithoutLease } from './audit-trail.ts';
import type { Stored } from './etcd-history.ts';
import type { FaultSite } from './fault-site.ts';
import { objectsOf, type Lane } from './lane.ts';
import { isObjectOf, formatMark, marksIn, olderOverNewer } from './marks.ts';
import type { LogLine, PullerSlot } from './puller-slot.ts';

/** An object that was there before and that no artifact holds. */
export type Bystander = { readonly lane: string; readonly name: string };

type Shape = { readonly metadata: { readonly name: string }; readonly [member: string]: unknown };

/** Peak of a puller that runs from sources; far above it something is piling up. */
const maxRssKib = 260 * 1024;

/** Why a lane has not come to rest as it should; undefined where it has. */
export async function unsettled(lane: Lane): Promise<string | undefined> {
  const delivery = await lane.bed.delivery();
  const revision = `prod@${lane.head().artifact.descriptor.digest}`;
  const { status, metadata } = delivery;
  if (status?.lastAppliedRevision !== revision) return `${String(status?.lastAppliedRevision)} is applied`;
  if (!isReady(status) || status.observedGeneration !== metadata.generation) {
    return `is not Ready: ${conditionOf(delivery, 'Ready')?.message ?? ''}`;
  }
  return firstDifference(lane, await lane.live());
}

function firstDifference(lane: Lane, live: ReadonlyMap<string, LiveObject>): string | undefined {
  for (const desired of desiredOf(lane)) {
    const found = live.get(desired.metadata.name);
    if (found === undefined) return `${desired.metadata.name} is missing`;
    const difference = differenceOf(lane, desired, found);
    if (difference !== undefined) return `${desired.metadata.name} ${difference}`;
  }
  return undefined;
}

function desiredOf(lane: Lane): readonly Shape[] {
  const { number, names } = lane.head();
  return objectsOf(
    lane.bed,
    formatMark({ kind: 'good', lane: lane.name, number }),
    names,
  ) as readonly Shape[]; // made by configMap and deployment
}

/** The parts of an object that artifacts of a run differ in. */
function differenceOf(lane: Lane, desired: Shape, live: LiveObject): string | undefined {
  const value = valueOf(live);
  if (value !== formatMark({ kind: 'good', lane: lane.name, number: lane.head().number }))
    return `has ${value}`;
  if ('data' in desired && !isDeepStrictEqual(desired['data'], live.data)) return 'has other data';
  if (desired.metadata.name === 'web' && live.spec?.['replicas'] !== 0) return 'is scaled';
  return markDifferenceOf(lane, live.metadata);
}

/** What Deliveries add to every object, and one entry of ours. */
function markDifferenceOf(lane: Lane, metadata: LiveObject['metadata']): string | undefined {
  const { labels = {}, annotations = {}, managedFields = [] } = metadata;
  const { edit = '', [ownerLabel]: owner } = labels;
  if (edit !== lane.label()) return `has label ${edit}`;
  if (owner === undefined || annotations['sealift.dev/delivery'] === undefined) return 'lacks our marks';
  const managers = managedFields.flatMap(({ manager = '' }) =>
    manager.startsWith('sealift-') ? manager : [],
  );
  return managers.join() === `sealift-${owner}` ? undefined : `has entries of ${managers.join()}`;
}

function valueOf({ metadata, data }: LiveObject): string {
  if (metadata.name === 'web') return metadata.annotations?.['value'] ?? '';
  const text = data?.['value'] ?? '';
  return metadata.name === 'password' ? Buffer.from(text, 'base64').toString('utf8') : text;
}

/** Objects that carry our marks but stand in no artifact: they were to be pruned. */
export async function assertNothingLeftOver(lane: Lane, bystanders: readonly Bystander[]): Promise<void> {
  const wanted = new Set(desiredOf(lane).map(({ metadata }) => metadata.name));
  for (const { lane: name, name: object } of bystanders) if (name === lane.name) wanted.add(object);
  const left = [...(await lane.live())].filter(([name, { metadata }]) => {
    if (wanted.has(name) || name === 'kube-root-ca.crt') return false;
    const isMarked =
      metadata.labels?.[ownerLabel] !== undefined &&
      metadata.managedFields?.some(({ manager }) => manager?.startsWith('sealift-') === true) === true;
    // Whose marks were taken away is nobody's, and stays.
    return isMarked || !lane.disowned.has(name);
  });
  assert.deepEqual(
    left.map(([name]) => name),
    [],
    `${lane.name} has objects that left the artifact`,
  );
}

/** What must never have happened, by everything that was ever stored. */
export function assertHistory(
  site: FaultSite,
  lanes: readonly Lane[],
  bystanders: readonly Bystander[],
): void {
  site.history.assertWhole();
  const stored = site.history.stored();
  const objects = stored.filter(({ key }) =>
    isObjectOf(
      key,
      lanes.map(({ name }) => name),
    ),
  );
  assert.ok(
    objects.some(({ text = '' }) => marksIn(text).length > 0),
    'no object was ever seen',
  );
  const bad = objects.filter(({ text = '' }) => marksIn(text).some(({ kind }) => kind === 'bad'));
  assert.deepEqual(
    bad.map(({ key }) => key),
    [],
    'unverified artifacts were applied',
  );
  const timelines = Object.fromEntries(lanes.map(({ name, timeline }) => [name, timeline]));
  assert.deepEqual(olderOverNewer(objects, timelines), [], 'older artifacts were applied over newer ones');
  assertSequences(stored);
  for (const { lane, name } of bystanders) {
    const writes = stored.filter(({ key }) => key === `configmaps/${lane}/${name}`);
    assert.equal(writes.length, 1, `${name} in ${lane} is nobody's to change`);
  }
}

function assertSequences(stored: readonly Stored[]): void {
  const highest = new Map<string, number>();
  for (const { key, text } of stored) {
    if (!key.startsWith('sealift.dev/promotionrecords/')) continue;
    assert.ok(text !== undefined, `${key} was deleted`);
    const { spec } = JSON.parse(text) as { spec: { sequence: number } }; // as the API server stores it
    assert.ok(spec.sequence >= (highest.get(key) ?? 0), `${key} fell to ${spec.sequence}`);
    highest.set(key, spec.sequence);
  }
}

export async function assertPromotionRecords(site: FaultSite, lanes: readonly Lane[]): Promise<void> {
  const { body } = await site.site.admin.request({
    method: 'GET',
    path: '/apis/sealift.dev/v1alpha1/promotionrecords',
  });
  const { items } = body as { items: readonly { spec: { repository: string; sequence: number } }[] }; // the API server's answer
  const found = items.map(({ spec }) => `${spec.repository} ${spec.sequence}`).toSorted();
  const wanted = lanes.filter(({ isPromoted }) => isPromoted);
  assert.deepEqual(found, wanted.map((lane) => `${lane.name}/app ${lane.sequence()}`).toSorted());
}

/** One record a Delivery and no other, and one lease, whose holder is there. */
export async function assertNoOrphans(site: FaultSite, lanes: readonly Lane[]): Promise<void> {
  const list = async (path: string): Promise<readonly LiveObject[]> => {
    const { body } = await site.site.admin.request({ method: 'GET', path });
    return (body as { items: readonly LiveObject[] }).items; // the API server's answer
  };
  const records = [...(await readStoredRecords(site.site.admin)).values()];
  const owners = records.map(({ delivery: { namespace, name } }) => `${namespace}/${name}`).toSorted();
  assert.deepEqual(owners, lanes.map(({ name }) => `${name}/app`).toSorted());
  const leases = await list('/apis/coordination.k8s.io/v1/namespaces/sealift-system/leases');
  assert.equal(leases.length, 1);
  const holder = leases[0]?.spec?.['holderIdentity'];
  assert.ok(
    site.slots.some(({ identity }) => identity === holder),
    `${String(holder)} holds the lease`,
  );
}

export async function assertLeaseWasKept({ site, slots }: FaultSite): Promise<void> {
  const credentials = slots.map(({ credentialId }) => credentialId);
  const strays = writesWithoutLease(await readAuditTrail(site.plane.auditLogFile), credentials);
  assert.deepEqual(strays, [], 'pullers wrote without the lease');
}

/** Failures of what others do are logged as errors, too; what nobody expects is a bug. */
export async function assertLog(slot: PullerSlot): Promise<void> {
  const strange = (await slot.log()).filter(isStrange);
  assert.deepEqual(strange.slice(0, 5), [], `${slot.identity} logged what nobody expects`);
}

function isStrange({ level, message, code = '', error: text = message }: LogLine): boolean {
  if (level === 'raw') return true;
  if (level !== 'error') return false;
  if (message === 'lease was lost') return false;
  // The API server was away, or this puller leads no longer.
  const isOutage =
    /^KUBE_(?:UNAVAILABLE|TIMEOUT)$/u.test(code) ||
    /API server|can't be reached|no answer within|leads no longer/u.test(text);
  return code === 'INTERNAL' ? !isOutage : !isOutage && !/^(?:APPLY|PRUNE|KUBE)_/u.test(code);
}

export async function assertMemory(slot: PullerSlot): Promise<void> {
  const text = await readFile(`/proc/${slot.process().pid}/status`, 'utf8');
  const peakKib = Number(/VmHWM:\s+([0-9]+) kB/u.exec(text)?.[1] ?? 0);
  assert.ok(peakKib < maxRssKib, `${slot.identity} used ${Math.round(peakKib / 1024)} MiB`);
}
