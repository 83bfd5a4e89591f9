// Health by a Delivery's own expressions. Events of kinds that are watched whole bring what they are about; of all others,
// and where the expressions have changed, the object is read as the Delivery's account. The object is never kept.
import { errorMessageOf, KubeError } from '../../src/errors.ts';
import { kubeObjectSchema, type KubeObject } from '../../src/kube/object.ts';
import { pullerLimits } from '../../src/limits.ts';
import type { Services } from '../services.ts';
import { accountOf } from './applier.ts';
import { ruleKey } from './delivery-plan.ts';
import type { Health } from './health.ts';
import { evaluateHealth, type HealthRules } from './health-rules.ts';
import type { Lanes } from './lanes.ts';
import { isOlder } from './live-objects.ts';
import type { Runtime } from './runtime.ts';

/** An object whose health is asked for. */
export type Subject = {
  readonly key: string;
  readonly kind: { readonly group: string; readonly kind: string };
  readonly path: string;
  /** The version that is known, and the one that our last apply made. */
  readonly resourceVersion: string;
  readonly appliedVersion: string | undefined;
};

export type CustomHealth = {
  /** By the Delivery's rules; undefined where they say nothing of the kind. What is not known yet is found out. */
  healthOf(runtime: Runtime, subject: Subject): Health | undefined;
  /** An event has brought a whole object. */
  onObject(runtime: Runtime, subject: Pick<Subject, 'key' | 'kind'>, object: KubeObject): void;
  forget(runtime: Runtime): void;
};

type Verdict = { readonly rules: HealthRules; readonly resourceVersion: string; readonly health: Health };

const unseen: Health = { state: 'InProgress', message: 'is not seen yet' };

/** Time in which an event may bring what would else be asked for. */
const eventGraceMs = 100;

export function createCustomHealth(services: () => Services, lanes: Lanes): CustomHealth {
  const verdicts = new Map<Runtime, Map<string, Verdict>>();
  const timers = new Map<string, NodeJS.Timeout>();

  function verdictOf(runtime: Runtime, key: string): Verdict | undefined {
    return verdicts.get(runtime)?.get(key);
  }

  function note(runtime: Runtime, key: string, verdict: Verdict): void {
    // What was under way when its Delivery went has nobody to tell.
    if (services().runtimeOf(runtime.ownerId) !== runtime) return;
    const known = verdictOf(runtime, key);
    const isOld = known !== undefined && isOlder(verdict.resourceVersion, known.resourceVersion);
    if (isOld && known.rules === verdict.rules) return;
    const ofRuntime = verdicts.get(runtime) ?? new Map<string, Verdict>();
    verdicts.set(runtime, ofRuntime.set(key, verdict));
    services().touch(runtime);
  }

  /** @returns what it cost in milliseconds */
  function evaluate(
    runtime: Runtime,
    { key, kind }: Pick<Subject, 'key' | 'kind'>,
    object: KubeObject,
  ): number {
    const rules = runtime.plan.rules.get(ruleKey(kind));
    if (rules === undefined) return 0;
    const { monotonic } = services();
    const startMs = monotonic();
    const health = evaluateHealth(rules, object);
    note(runtime, key, { rules, resourceVersion: object.metadata.resourceVersion, health });
    return monotonic() - startMs;
  }

  /** Soon, unless an event comes before. */
  function readSoon(runtime: Runtime, subject: Subject, rules: HealthRules, delayMs = eventGraceMs): void {
    const id = idOf(runtime, subject.key);
    if (timers.has(id)) return;
    const timer = setTimeout(() => {
      timers.delete(id);
      const { namespace } = runtime.delivery.metadata;
      if (lanes.has(namespace, id) || isKnown(verdictOf(runtime, subject.key), subject, rules)) return;
      lanes.take(namespace, id, () => read(runtime, subject));
    }, delayMs);
    timers.set(id, timer.unref());
  }

  async function read(runtime: Runtime, subject: Subject): Promise<number> {
    const { client, signal, pullerNamespace } = services();
    const rules = runtime.plan.rules.get(ruleKey(subject.kind));
    const impersonate = accountOf(runtime.delivery);
    const isNobody = impersonate === undefined && runtime.delivery.metadata.namespace !== pullerNamespace;
    if (rules === undefined || isNobody) return 0;
    try {
      const answer = await client.request({
        method: 'GET',
        path: subject.path,
        signal,
        ...(impersonate === undefined ? {} : { impersonate }),
      });
      return evaluate(runtime, subject, kubeObjectSchema.parse(answer.body));
    } catch (error) {
      if (signal.aborted) throw error;
      // That it is gone is told by its watch.
      if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') return 0;
      const health: Health = {
        state: 'InProgress',
        message: `can not be read for its expressions: ${errorMessageOf(error, 200)}`,
      };
      note(runtime, subject.key, { rules, resourceVersion: subject.resourceVersion, health });
      // A right that is missing now may be given later, and no event tells.
      setTimeout(() => {
        if (verdictOf(runtime, subject.key)?.health !== health) return;
        verdicts.get(runtime)?.delete(subject.key);
        services().touch(runtime);
      }, pullerLimits.healthRetryMs).unref();
      return 0;
    }
  }

  return {
    healthOf: (runtime, subject) => {
      const rules = runtime.plan.rules.get(ruleKey(subject.kind));
      if (rules === undefined) return undefined;
      const verdict = verdictOf(runtime, subject.key);
      if (!isKnown(verdict, subject, rules)) readSoon(runtime, subject, rules);
      if (verdict?.rules !== rules) return unseen;
      const { appliedVersion } = subject;
      const isOutdated = appliedVersion !== undefined && isOlder(verdict.resourceVersion, appliedVersion);
      return isOutdated ? unseen : verdict.health;
    },
    onObject: (runtime, subject, object) => {
      if (!runtime.plan.rules.has(ruleKey(subject.kind))) return;
      const { namespace } = runtime.delivery.metadata;
      lanes.take(namespace, idOf(runtime, subject.key), () =>
        Promise.resolve(evaluate(runtime, subject, object)),
      );
    },
    forget: (runtime) => {
      verdicts.delete(runtime);
    },
  };
}

function idOf({ ownerId }: Runtime, key: string): string {
  return `health/${ownerId}/${key}`;
}

function isKnown(verdict: Verdict | undefined, { resourceVersion }: Subject, rules: HealthRules): boolean {
  return verdict?.rules === rules && !isOlder(verdict.resourceVersion, resourceVersion);
}
