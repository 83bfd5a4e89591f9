// One Delivery of a run and everything that was shown to it: which artifacts it may take, what of them it must hold in
// the end, and what a vandal does to its objects meanwhile.
import assert from 'node:assert/strict';
import type { Content } from '../../../src/oci/manifest.ts';
import { apiVersion } from '../../../src/api/common.ts';
import { configMapOf, deploymentOf, type Bed, type LiveObject, type Reference } from '../../e2e/bed.ts';
import { attestTo, pushFiles } from '../forging.ts';
import { signerNamed } from '../signers.ts';
import type { FaultSite } from './fault-site.ts';
import { formatMark } from './marks.ts';
import type { Random } from './random.ts';

/** Names of ConfigMaps; an artifact holds some of them, a Secret and a Deployment besides. */
export const objectNames = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;

export type Vandalism = 'edit' | 'delete' | 'strip' | 'seize' | 'wipe' | 'replace';

export type Release = {
  readonly number: number;
  readonly artifact: Content;
  /** Its ConfigMaps. */
  readonly names: readonly string[];
};

export type Lane = {
  readonly bed: Bed;
  readonly name: string;
  readonly isPromoted: boolean;
  /** Numbers of the artifacts that it was to take, in their order. */
  readonly timeline: readonly number[];
  /** What it must hold in the end. */
  head(): Release;
  /** Sequence of the last promotion. */
  sequence(): number;
  /** Value of the label that the Delivery adds to all objects. */
  label(): string;
  /** Objects whose owner's marks somebody took away: they may be left over. */
  readonly disowned: ReadonlySet<string>;
  release(): Promise<void>;
  /** Shows an older release again; without a promotion channel it is to be taken. */
  replay(): Promise<void>;
  showBad(signer: string | undefined): Promise<void>;
  restoreTag(): Promise<void>;
  relabel(): Promise<void>;
  suspend(isSuspended: boolean): Promise<void>;
  remove(): Promise<void>;
  /** Makes the Delivery where there is none. */
  remake(): Promise<void>;
  look(): Promise<void>;
  vandalise(how: Vandalism, object: number): Promise<void>;
  /** Ends what stands in the way of the head. */
  heal(): Promise<void>;
  /** Everything that it holds, by name; ConfigMaps, Secrets and Deployments have names of their own. */
  live(): Promise<ReadonlyMap<string, LiveObject>>;
};

const deliveryReference: Reference = { apiVersion, kind: 'Delivery', name: 'app' };
const secretOf = (name: string): Reference => ({ apiVersion: 'v1', kind: 'Secret', name });
const collections = ['/api/v1/%/configmaps', '/api/v1/%/secrets', '/apis/apps/v1/%/deployments'] as const;

/** Makes the lane with its first release and follows it. */
export async function openLane(
  { bed: openBed }: Pick<FaultSite, 'bed'>,
  {
    name,
    isPromoted,
    random,
  }: { readonly name: string; readonly isPromoted: boolean; readonly random: Random },
): Promise<Lane> {
  // Short waits: what is not to be seen within a run is not tried by it.
  const bed = await openBed(name, {
    isPromoted,
    source: { interval: '5s' },
    delivery: { retryInterval: '2s', interval: '1m' },
  });
  const releases: Release[] = [];
  const timeline: number[] = [];
  const disowned = new Set<string>();
  let head: Release | undefined;
  let labelNumber = 0;
  let meddlings = 0;
  let bads = 0;

  const release = async (): Promise<void> => {
    const number = releases.length + 1;
    const names = objectNames.filter(() => random.chance(0.7));
    const value = formatMark({ kind: 'good', lane: name, number });
    const artifact = await bed.publish(objectsOf(bed, value, names));
    head = { number, artifact, names };
    releases.push(head);
    timeline.push(number);
  };
  const vandal = (): string => formatMark({ kind: 'vandal', lane: name, number: (meddlings += 1) });
  const follow = (): Promise<void> =>
    bed.follow(labelNumber === 0 ? {} : { commonMetadata: { labels: { edit: `${labelNumber}` } } });
  const restoreTag = async (): Promise<void> => {
    if (head !== undefined) await bed.store.tag(head.artifact, 'prod');
  };
  const remake = async (): Promise<void> => {
    if ((await bed.get(deliveryReference)) === undefined) await follow();
  };
  await release();
  await follow();
  return {
    bed,
    name,
    isPromoted,
    timeline,
    disowned,
    head: () => {
      assert.ok(head);
      return head;
    },
    sequence: () => releases.length,
    label: () => (labelNumber === 0 ? '' : `${labelNumber}`),
    release,
    replay: async () => {
      const older = releases.filter(({ number }) => number !== head?.number)[
        random.below(releases.length - 1)
      ];
      if (older === undefined) return;
      await bed.store.tag(older.artifact, 'prod');
      if (isPromoted) return;
      head = older;
      timeline.push(older.number);
    },
    showBad: async (signer) => {
      const value = formatMark({ kind: 'bad', lane: name, number: (bads += 1) });
      const text = objectsOf(bed, value, objectNames).map((object) => JSON.stringify(object));
      const artifact = await pushFiles(bed.store, [
        { path: 'app.yaml', bytes: Buffer.from(text.join('\n---\n')) },
      ]);
      if (signer !== undefined) await attestTo(bed.store, artifact.descriptor, await signerNamed(signer));
      await bed.store.tag(artifact, 'prod');
    },
    restoreTag,
    relabel: async () => {
      if ((await bed.get(deliveryReference)) === undefined) return;
      labelNumber += 1;
      await bed.setSpec({ commonMetadata: { labels: { edit: `${labelNumber}` } } });
    },
    suspend: async (suspend) => {
      const live = await bed.get(deliveryReference);
      // One that is deleted while it is suspended leaves its objects, by design.
      if (live === undefined || live.metadata.deletionTimestamp !== undefined) return;
      await bed.setSpec({ suspend });
    },
    remove: async () => {
      const live = await bed.get(deliveryReference);
      if (live === undefined || live.spec?.['suspend'] === true) return;
      await bed.remove(deliveryReference);
    },
    remake,
    look: async () => {
      if ((await bed.get(deliveryReference)) === undefined) return;
      await bed.annotate({ 'reconcile.sealift.dev/requestedAt': `${performance.now()}` });
    },
    vandalise: (how, object) => vandalise({ bed, value: vandal(), disowned }, how, object),
    heal: async () => {
      await restoreTag();
      const live = await bed.get(deliveryReference);
      if (live?.metadata.deletionTimestamp !== undefined) await bed.untilGone(deliveryReference);
      await remake();
      await bed.setSpec({ suspend: false });
    },
    live: async () => {
      const found = new Map<string, LiveObject>();
      for (const collection of collections) {
        const path = collection.replace('%', `namespaces/${name}`);
        const { body } = await bed.site.admin.request({ method: 'GET', path });
        for (const item of (body as { items: readonly LiveObject[] }).items)
          found.set(item.metadata.name, item); // the API server's answer
      }
      return found;
    },
  };
}

/** What an artifact holds: every object carries the value. */
export function objectsOf(bed: Bed, value: string, names: readonly string[]): readonly object[] {
  return [
    ...names.map((name) => bed.configMap(name, { value, fixed: name })),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'password', namespace: bed.name },
      stringData: { value },
    },
    bed.deployment('web', { replicas: 0 }, { annotations: { value } }),
  ];
}

type Scene = { readonly bed: Bed; readonly value: string; readonly disowned: Set<string> };
type Victim = {
  readonly bed: Bed;
  readonly name: string;
  readonly reference: Reference;
  readonly value: string;
};

/** After these the object may no longer be known as a Delivery's. */
const disowning: ReadonlySet<Vandalism> = new Set(['strip', 'wipe', 'replace']);

const vandalisms: Readonly<Record<Vandalism, (victim: Victim) => Promise<void>>> = {
  edit: ({ bed, name, reference, value }) => bed.edit(reference, spoil(name, value)),
  delete: ({ bed, reference }) => bed.remove(reference),
  strip: ({ bed, reference }) => bed.edit(reference, { metadata: { labels: { 'sealift.dev/owner': null } } }),
  seize: ({ bed, name, reference: { apiVersion: version, kind }, value }) =>
    bed.apply(
      { apiVersion: version, kind, metadata: { name, namespace: bed.name }, ...seized(name, value) },
      { manager: 'seizer', force: true },
    ),
  wipe: ({ bed, reference }) => bed.edit(reference, { metadata: { managedFields: [{}] } }),
  replace: async ({ bed, name, reference, value }) => {
    // A part of a Deployment is no Deployment.
    if (name === 'web') return bed.edit(reference, spoil(name, value));
    await bed.remove(reference);
    return bed.apply({
      apiVersion: 'v1',
      kind: reference.kind,
      metadata: { name, namespace: bed.name },
      ...spoil(name, value),
    });
  },
};

function referenceTo(name: string): Reference {
  if (name === 'web') return deploymentOf(name);
  return name === 'password' ? secretOf(name) : configMapOf(name);
}

/** Where the object is not there, there is nothing to spoil. */
async function vandalise({ bed, value, disowned }: Scene, how: Vandalism, object: number): Promise<void> {
  const name = [...objectNames, 'password', 'web'][object] ?? 'web';
  const reference = referenceTo(name);
  const live = await bed.get(reference);
  // Only what a Delivery holds: a leftover is nobody's to mend.
  const isHeld = live?.metadata.labels?.['sealift.dev/owner'] !== undefined;
  if (!isHeld || live.metadata.deletionTimestamp !== undefined) return;
  if (disowning.has(how)) disowned.add(name);
  await vandalisms[how]({ bed, name, reference, value });
}

function spoil(name: string, value: string): object {
  if (name === 'web') return { metadata: { annotations: { value } }, spec: { replicas: 2 } };
  return { data: { value: name === 'password' ? Buffer.from(value).toString('base64') : value } };
}

/** As an apply: without what an apply of a part can't hold. */
function seized(name: string, value: string): object {
  return name === 'web' ? { spec: { replicas: 3 } } : spoil(name, value);
}
