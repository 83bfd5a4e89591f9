// What the watches say is in the cluster: of every object with an owner label just what decisions need, never the
// object itself.
import { ownerLabel } from '../../src/api/common.ts';
import type { ResourceKind } from '../../src/kube/discovery.ts';
import type { KubeMetadata, KubeObject } from '../../src/kube/object.ts';
import { pullerLimits } from '../../src/limits.ts';
import { compareResourceVersions } from '../../src/kube/resource-version.ts';
import type { WatchEvent } from '../../src/kube/watch.ts';
import { identityKey } from '../../src/resources/resource.ts';
import { computeHealth, type Health } from './health.ts';
import { fieldManagerOf } from './owner.ts';
import { findOwnEntry, fingerprintOf, type Fingerprint } from './own-fields.ts';

export type Live = {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number | undefined;
  readonly isDeleted: boolean;
  readonly isTerminating: boolean;
  /** What holds its end up, while it is being deleted. */
  readonly finalizers: readonly string[];
  /** Value of the owner label. */
  readonly ownerId: string | undefined;
  /** The Apply entry of that owner. */
  readonly fingerprint: Fingerprint | undefined;
  /** Undefined where only metadata is watched, or was in an answer: no news about health. */
  readonly health: Health | undefined;
};

export type LiveObjects = {
  get(key: string): Live | undefined;
  /** Takes an event or an answer in, unless something newer is known. */
  note(key: string, live: Live, isTracked: boolean): void;
  /** Forgets what no Delivery asks for. */
  forget(key: string): void;
  forgetKind(group: string, kind: string): void;
};

export function createLiveObjects(): LiveObjects {
  const objects = new Map<string, Live>();
  return {
    get: (key) => objects.get(key),
    note: (key, live, isTracked) => {
      const known = objects.get(key);
      if (known !== undefined && isOlder(live.resourceVersion, known.resourceVersion)) return;
      // Anyone may put our label on objects of theirs; what is not remembered is read when it is needed.
      if (known === undefined && !isTracked && objects.size >= pullerLimits.liveObjects) return;
      objects.set(key, known === undefined ? live : following(live, known));
    },
    forget: (key) => objects.delete(key),
    forgetKind: (group, kind) => {
      const prefix = `${group}/${kind}/`;
      for (const key of objects.keys()) if (key.startsWith(prefix)) objects.delete(key);
    },
  };
}

/** With what it has alike with what was known in one copy, and with the health that an answer can't tell. */
function following(live: Live, known: Live): Live {
  const { uid, ownerId, fingerprint, health } = live;
  const isSame =
    fingerprint?.hash === known.fingerprint?.hash && fingerprint?.time === known.fingerprint?.time;
  return {
    ...live,
    uid: uid === known.uid ? known.uid : uid,
    ownerId: ownerId === known.ownerId ? known.ownerId : ownerId,
    fingerprint: isSame ? known.fingerprint : fingerprint,
    health: health === undefined && isOfSameSpec(live, known) ? known.health : health,
  };
}

/** An answer has no status: what was known of health stays where nothing has changed that it depends on. */
function isOfSameSpec(live: Live, known: Live): boolean {
  if (live.resourceVersion === known.resourceVersion) return true;
  return live.uid === known.uid && live.generation !== undefined && live.generation === known.generation;
}

/** Whether the first version is known to be before the second. */
export function isOlder(version: string, than: string): boolean {
  const order = compareResourceVersions(version, than);
  return order !== undefined && order < 0;
}

export function keyOfObject(kind: ResourceKind, { metadata }: KubeObject): string {
  const { namespace, name } = metadata;
  return identityKey({
    group: kind.group,
    version: kind.version,
    kind: kind.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
  });
}

export function liveOfEvent(kind: ResourceKind, { type, object }: WatchEvent, isFull: boolean): Live {
  const live = liveOfObject(object);
  return {
    ...live,
    isDeleted: type === 'DELETED',
    health: isFull ? computeHealth(kind, object) : healthy,
  };
}

const healthy: Health = { state: 'Current', message: '' };

/** From an answer's metadata. */
export function liveOfObject({ metadata }: KubeObject): Live {
  const ownerId = metadata.labels?.[ownerLabel];
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation,
    isDeleted: false,
    isTerminating: metadata.deletionTimestamp !== undefined,
    finalizers: metadata.deletionTimestamp === undefined ? none : finalizersOf(metadata),
    ownerId,
    fingerprint:
      ownerId === undefined ? undefined : fingerprintOf(findOwnEntry(metadata, fieldManagerOf(ownerId))),
    health: undefined,
  };
}

const none: readonly string[] = [];

/** Up to three of them, as messages show. */
export function finalizersOf({ finalizers = [] }: KubeMetadata): readonly string[] {
  return finalizers.slice(0, 3).map((finalizer) => finalizer.slice(0, 128));
}
