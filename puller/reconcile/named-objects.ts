// Objects that Deliveries name in healthChecks and do not apply themselves: each followed by a watch of this one object,
// as the Delivery's account, so that nobody learns of what their account may not see.
import { errorMessageOf } from '../../src/errors.ts';
import type { ResourceKind } from '../../src/kube/discovery.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { watchResources, type WatchEvent, type WatchHandle } from '../../src/kube/watch.ts';
import { pullerLimits } from '../../src/limits.ts';
import { identityKey } from '../../src/resources/resource.ts';
import type { Services } from '../services.ts';
import { accountOf } from './applier.ts';
import type { CustomHealth } from './custom-health.ts';
import { ruleKey, type NamedObject } from './delivery-plan.ts';
import { computeHealth, hasHealth, type Health } from './health.ts';
import type { Runtime } from './runtime.ts';

export type NamedObjects = {
  /** The health of an object that is not the Delivery's own; from the first question on it is followed. */
  healthOf(runtime: Runtime, named: NamedObject): Health;
  /** Ends what is no longer asked for. */
  retain(runtime: Runtime, asked: readonly NamedObject[]): void;
  forget(runtime: Runtime): void;
};

type Followed = {
  readonly named: NamedObject;
  /** As whom; another account sees other things. */
  readonly account: string;
  kind: ResourceKind | undefined;
  handle: WatchHandle | undefined;
  timer: NodeJS.Timeout | undefined;
  isEnded: boolean;
  /** What its own fields say. */
  health: Health;
  /** Why it can't be seen now. */
  blindness: Health | undefined;
  /** The version that was seen, where the Delivery has rules for its kind. */
  seenVersion: string | undefined;
};

const waiting = (message: string): Health => ({ state: 'InProgress', message });

export function createNamedObjects(services: () => Services, custom: CustomHealth): NamedObjects {
  const followed = new Map<Runtime, Map<string, Followed>>();

  function countOf(namespace?: string): number {
    let count = 0;
    for (const [{ delivery }, objects] of followed) {
      if (namespace === undefined || delivery.metadata.namespace === namespace) count += objects.size;
    }
    return count;
  }

  function follow(runtime: Runtime, named: NamedObject, account: string): Followed | undefined {
    const { watchedObjects, namedObjectsOfNamespace } = pullerLimits;
    const isFull =
      countOf() >= watchedObjects || countOf(runtime.delivery.metadata.namespace) >= namedObjectsOfNamespace;
    if (isFull) return undefined;
    const one: Followed = {
      named,
      account,
      kind: undefined,
      handle: undefined,
      timer: undefined,
      isEnded: false,
      health: waiting('is not seen yet'),
      blindness: undefined,
      seenVersion: undefined,
    };
    const ofRuntime = followed.get(runtime) ?? new Map<string, Followed>();
    followed.set(runtime, ofRuntime.set(idOf(named), one));
    void begin(runtime, one, 0);
    return one;
  }

  function tell(runtime: Runtime, one: Followed, health: Health): void {
    one.health = health;
    services().touch(runtime);
  }

  async function begin(runtime: Runtime, one: Followed, failures: number): Promise<void> {
    const { discovery, signal } = services();
    const { group, version, kind: name } = one.named;
    let problem = `is of a kind that is not served: ${name} in ${group === '' ? version : `${group}/${version}`}`;
    let kind: ResourceKind | undefined;
    try {
      kind = await discovery.find(group, version, name);
    } catch (error) {
      problem = `is of a kind that can not be looked up: ${errorMessageOf(error, 200)}`;
    }
    if (one.isEnded || signal.aborted) return;
    if (kind !== undefined) {
      one.kind = kind;
      watch(runtime, one, kind);
      return;
    }
    tell(runtime, one, waiting(problem));
    const { healthRetryMs, retryMaxMs } = pullerLimits;
    const delayMs = Math.min(healthRetryMs * 2 ** Math.min(failures, 10), retryMaxMs);
    one.timer = setTimeout(() => void begin(runtime, one, failures + 1), delayMs).unref();
  }

  function watch(runtime: Runtime, one: Followed, kind: ResourceKind): void {
    const { client, signal, fail } = services();
    const { namespace, name } = one.named;
    const impersonate = accountOf(runtime.delivery);
    const form = hasHealth(kind) ? 'full' : 'metadata';
    one.handle = watchResources(client, {
      kind,
      ...(kind.namespaced ? { namespace } : {}),
      fieldSelector: `metadata.name=${name.replaceAll(/[\\,=]/gu, String.raw`\$&`)}`,
      form,
      signal,
      ...(impersonate === undefined ? {} : { impersonate }),
      onEvent: (event) => see(runtime, one, { event, kind, isWhole: form === 'full' }),
      onSynced: () => {
        if (one.seenVersion === undefined) tell(runtime, one, waiting('does not exist'));
      },
      onRewound: () => custom.forgetAll(),
      onStatus: (state, error) => {
        // What is lost for a moment is resumed; what is refused stands until somebody changes it.
        if (state === 'syncing' || state === 'reconnecting' || one.isEnded) return;
        const reason = error === undefined ? '' : `: ${errorMessageOf(error, 200)}`;
        one.blindness = state === 'synced' ? undefined : waiting(`can not be watched (${state})${reason}`);
        services().touch(runtime);
      },
    });
    one.handle.done.catch(fail);
  }

  function see(
    runtime: Runtime,
    one: Followed,
    {
      event,
      kind,
      isWhole,
    }: { readonly event: WatchEvent; readonly kind: ResourceKind; readonly isWhole: boolean },
  ): void {
    const { type, object } = event;
    if (one.isEnded || object.metadata.name !== one.named.name) return;
    if (type === 'DELETED') {
      one.seenVersion = undefined;
      tell(runtime, one, waiting('is gone'));
      return;
    }
    one.seenVersion = object.metadata.resourceVersion;
    if (isWhole) custom.onObject(runtime, { key: keyOf(one.named, kind), kind }, object);
    tell(runtime, one, computeHealth(kind, object));
  }

  function end(one: Followed): void {
    one.isEnded = true;
    clearTimeout(one.timer);
    one.handle?.stop();
  }

  return {
    healthOf: (runtime, named) => {
      const account = JSON.stringify(accountOf(runtime.delivery) ?? '');
      let one = followed.get(runtime)?.get(idOf(named));
      if (one !== undefined && one.account !== account) {
        end(one);
        followed.get(runtime)?.delete(idOf(named));
        one = undefined;
      }
      one ??= follow(runtime, named, account);
      if (one === undefined) return waiting('is one object too many to be watched');
      const { kind, seenVersion, blindness } = one;
      if (blindness !== undefined) return blindness;
      if (kind === undefined || seenVersion === undefined || !runtime.plan.rules.has(ruleKey(kind)))
        return one.health;
      const key = keyOf(named, kind);
      const path = (): string =>
        resourcePath(kind, kind.namespaced ? named.namespace : undefined, named.name);
      const known = { resourceVersion: seenVersion, appliedVersion: undefined };
      const subject = { key, kind, isWatched: true, path, ...known };
      return custom.healthOf(runtime, subject) ?? one.health;
    },
    retain: (runtime, asked) => {
      const objects = followed.get(runtime);
      if (objects === undefined) return;
      const ids = new Set(asked.map(idOf));
      for (const [id, one] of objects) {
        if (ids.has(id)) continue;
        end(one);
        objects.delete(id);
      }
      if (objects.size === 0) followed.delete(runtime);
    },
    forget: (runtime) => {
      for (const one of followed.get(runtime)?.values() ?? []) end(one);
      followed.delete(runtime);
    },
  };
}

function keyOf(named: NamedObject, { namespaced }: ResourceKind): string {
  return namedKeys(named)[namespaced ? 0 : 1];
}

/** Keys that the object may have: whether its kind is namespaced is known only from the API server. */
export function namedKeys({ namespace, ...rest }: NamedObject): readonly [string, string] {
  return [identityKey({ ...rest, namespace }), identityKey(rest)];
}

function idOf({ group, version, kind, namespace, name }: NamedObject): string {
  return [group, version, kind, namespace, name].join('/');
}
