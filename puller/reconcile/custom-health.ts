// Health by a Delivery's own expressions, and of objects that no watch tells of. Events of kinds that are watched whole
// bring what they are about; of all others, and where the expressions have changed, the object is read as the Delivery's
// account. The object is never kept.
import { errorMessageOf, KubeError } from '../../src/errors.ts';
import { kubeObjectSchema, type KubeObject } from '../../src/kube/object.ts';
import { pullerLimits } from '../../src/limits.ts';
import type { Services } from '../services.ts';
import { accountOf } from './applier.ts';
import { ruleKey } from './delivery-plan.ts';
import { computeHealth, hasHealth, type Health } from './health.ts';
import { evaluateHealth, type HealthRules } from './health-rules.ts';
import type { Lanes } from './lanes.ts';
import { isOlder } from './live-objects.ts';
import type { Runtime } from './runtime.ts';

/** An object whose health is asked for. */
export type Subject = {
  readonly key: string;
  readonly kind: { readonly group: string; readonly kind: string };
  /** Whether a watch tells of it; else it is read until it is healthy. */
  readonly isWatched: boolean;
  /** Where it is read; asked for only then, as each event of a Delivery asks for the health of all its objects. */
  readonly path: () => string;
  /** The version that is known, and the one that our last apply made. */
  readonly resourceVersion: string;
  readonly appliedVersion: string | undefined;
};

export type CustomHealth = {
  /**
   * By the Delivery's rules, else, where no watch tells of the object, by its kind's; undefined where neither is so. What is
   * not known yet is found out.
   */
  healthOf(runtime: Runtime, subject: Subject): Health | undefined;
  /** An event has brought a whole object. */
  onObject(runtime: Runtime, subject: Pick<Subject, 'key' | 'kind'>, object: KubeObject): void;
  /** Forgets verdicts on objects of all other keys: what left and comes back is judged anew. */
  retain(runtime: Runtime, keys: ReadonlySet<string>): void;
  forget(runtime: Runtime): void;
  /** Forgets all verdicts: the server counts versions from a lower one. */
  forgetAll(): void;
};

/** What an object is judged by. */
type Rules = HealthRules | 'kind';

type Verdict = {
  readonly rules: Rules;
  readonly resourceVersion: string;
  readonly health: Health;
  /** Times that it was read at this version. */
  readonly reads: number;
};

const unseen: Health = { state: 'InProgress', message: 'is not seen yet' };
const gone: Health = { state: 'InProgress', message: 'is gone' };
const unknowable: Health = { state: 'Current', message: 'is not watched, and can not be read' };

/** Time in which an event may bring what would else be asked for. */
const eventGraceMs = 100;
/** Time until what no watch tells of is read again; it doubles as long as nothing changes. */
const rereadMinMs = 2000;

export function createCustomHealth(services: () => Services, lanes: Lanes): CustomHealth {
  const verdicts = new Map<Runtime, Map<string, Verdict>>();
  const timers = new Map<string, NodeJS.Timeout>();

  function verdictOf(runtime: Runtime, key: string): Verdict | undefined {
    return verdicts.get(runtime)?.get(key);
  }

  /** Whether its watch tells of it by now: then it is judged by what that brings. */
  function isToldOf({ kind }: Subject, rules: Rules): boolean {
    return rules === 'kind' && services().watches.isFollowed(kind);
  }

  function note(runtime: Runtime, key: string, found: Omit<Verdict, 'reads'>): Verdict | undefined {
    // What was under way when its Delivery went has nobody to tell.
    if (services().runtimeOf(runtime.ownerId) !== runtime) return undefined;
    const known = verdictOf(runtime, key);
    const isOld = known !== undefined && isOlder(found.resourceVersion, known.resourceVersion);
    if (isOld && known.rules === found.rules) return undefined;
    const isSame = known?.resourceVersion === found.resourceVersion;
    const verdict = { ...found, reads: isSame ? known.reads + 1 : 1 };
    const ofRuntime = verdicts.get(runtime) ?? new Map<string, Verdict>();
    verdicts.set(runtime, ofRuntime.set(key, verdict));
    services().touch(runtime);
    return verdict;
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
  function readSoon(runtime: Runtime, subject: Subject, rules: Rules, delayMs = eventGraceMs): void {
    const id = idOf(runtime, subject.key);
    if (timers.has(id)) return;
    const timer = setTimeout(() => {
      timers.delete(id);
      const { namespace } = runtime.delivery.metadata;
      const isSeen = isToldOf(subject, rules) || isKnown(verdictOf(runtime, subject.key), subject, rules);
      if (isSeen || lanes.has(namespace, id)) return;
      lanes.take(namespace, id, () => read(runtime, subject));
    }, delayMs);
    timers.set(id, timer.unref());
  }

  /** No event tells that it has turned healthy: it is read until it has, ever later. */
  function rereadLater(runtime: Runtime, subject: Subject): void {
    const verdict = verdictOf(runtime, subject.key);
    if (subject.isWatched || verdict === undefined || verdict.health.state === 'Current') return;
    const delayMs = Math.min(rereadMinMs * 2 ** Math.min(verdict.reads - 1, 10), pullerLimits.healthRetryMs);
    setTimeout(() => {
      const isOver = verdictOf(runtime, subject.key) !== verdict || isToldOf(subject, verdict.rules);
      if (isOver || !isWanted(runtime, subject)) return;
      lanes.take(runtime.delivery.metadata.namespace, idOf(runtime, subject.key), () =>
        read(runtime, subject),
      );
    }, delayMs).unref();
  }

  async function read(runtime: Runtime, subject: Subject): Promise<number> {
    const { client, signal, pullerNamespace } = services();
    const rules = rulesOf(runtime, subject);
    const impersonate = accountOf(runtime.delivery);
    const isNobody = impersonate === undefined && runtime.delivery.metadata.namespace !== pullerNamespace;
    if (rules === undefined || isNobody) return 0;
    try {
      const answer = await client.request({
        method: 'GET',
        path: subject.path(),
        signal,
        ...(impersonate === undefined ? {} : { impersonate }),
      });
      const object = kubeObjectSchema.parse(answer.body);
      const tookMs =
        rules === 'kind' ? noteByKind(runtime, subject, object) : evaluate(runtime, subject, object);
      rereadLater(runtime, subject);
      return tookMs;
    } catch (error) {
      if (signal.aborted) throw error;
      noteUnread(runtime, subject, rules, error);
      return 0;
    }
  }

  /** @returns 0: it costs nothing that a tenant could make dear */
  function noteByKind(runtime: Runtime, { key, kind }: Subject, object: KubeObject): number {
    const { resourceVersion } = object.metadata;
    note(runtime, key, { rules: 'kind', resourceVersion, health: computeHealth(kind, object) });
    return 0;
  }

  function noteUnread(runtime: Runtime, subject: Subject, rules: Rules, error: unknown): void {
    const { key, resourceVersion, isWatched } = subject;
    const code = error instanceof KubeError ? error.code : undefined;
    if (code === 'KUBE_NOT_FOUND') {
      // Of others it is told by their watch.
      if (!isWatched) note(runtime, key, { rules, resourceVersion, health: gone });
      rereadLater(runtime, subject);
      return;
    }
    if (rules === 'kind' && code === 'KUBE_FORBIDDEN') {
      // Neither the puller nor the account may see it: nobody asked for that.
      note(runtime, key, { rules, resourceVersion, health: unknowable });
      return;
    }
    const what = rules === 'kind' ? 'can not be read' : 'can not be read for its expressions';
    const health: Health = { state: 'InProgress', message: `${what}: ${errorMessageOf(error, 200)}` };
    note(runtime, key, { rules, resourceVersion, health });
    // A right that is missing now may be given later, and no event tells.
    setTimeout(() => {
      if (verdictOf(runtime, key)?.health !== health) return;
      verdicts.get(runtime)?.delete(key);
      services().touch(runtime);
    }, pullerLimits.healthRetryMs).unref();
  }

  return {
    healthOf: (runtime, subject) => {
      const rules = rulesOf(runtime, subject);
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
    retain: (runtime, keys) => {
      const ofRuntime = verdicts.get(runtime);
      for (const key of ofRuntime?.keys() ?? []) if (!keys.has(key)) ofRuntime?.delete(key);
    },
    forget: (runtime) => {
      verdicts.delete(runtime);
    },
    forgetAll: () => verdicts.clear(),
  };
}

function rulesOf(
  { plan }: Runtime,
  { kind, isWatched }: Pick<Subject, 'kind' | 'isWatched'>,
): Rules | undefined {
  return plan.rules.get(ruleKey(kind)) ?? (isWatched || !hasHealth(kind) ? undefined : 'kind');
}

/** Whether the Delivery still keeps the object, or names it, and does anything at all. */
function isWanted({ keys, plan, delivery }: Runtime, { key }: Subject): boolean {
  if (delivery.spec.suspend || delivery.metadata.deletionTimestamp !== undefined) return false;
  return keys.has(key) || plan.checks.length > 0;
}

function idOf({ ownerId }: Runtime, key: string): string {
  return `health/${ownerId}/${key}`;
}

function isKnown(
  verdict: Verdict | undefined,
  { resourceVersion, appliedVersion }: Subject,
  rules: Rules,
): boolean {
  // Of what no watch tells of, our own apply is the only news.
  const isBefore = (version = ''): boolean =>
    verdict !== undefined && isOlder(verdict.resourceVersion, version);
  return verdict?.rules === rules && !isBefore(resourceVersion) && !isBefore(appliedVersion);
}
