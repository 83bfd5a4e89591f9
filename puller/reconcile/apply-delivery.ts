// All objects of an accepted artifact into the cluster, in stages; then what left the artifact out of it. The record is
// written before the first apply and after the last, so that a kill at any instruction forgets no object.
import * as z from 'zod';
import {
  ApplyError,
  FailuresError,
  isSealiftError,
  PolicyError,
  type ErrorCode,
  type SealiftError,
} from '../../src/errors.ts';
import type { Discovery, ResourceKind } from '../../src/kube/discovery.ts';
import { formatIdentity, identityOf, type Resource } from '../../src/resources/resource.ts';
import { stageOf, stages } from '../../src/resources/stages.ts';
import { toDesired, type Desired, type Owner } from './desired.ts';
import type { Keeper } from './keeper.ts';
import type { KindWatches } from './kind-watches.ts';
import type { DeliveryRecord, RecordEntry } from './record.ts';
import { waitFor } from './wait-for.ts';

export type ApplyContext = {
  readonly keeper: Keeper;
  readonly watches: KindWatches;
  readonly discovery: Discovery;
  readonly owner: Owner;
  readonly pullerNamespace: string;
  readonly isLiveOwner: (ownerId: string) => boolean;
  readonly record: DeliveryRecord;
  readonly writeRecord: (record: DeliveryRecord) => Promise<void>;
  /** Whether objects of kinds that are not watched are sent even if they have not changed. */
  readonly isSafetyNet: boolean;
  readonly signal: AbortSignal;
};

export type ApplyCounts = { created: number; configured: number; unchanged: number };

export type ApplyResult = {
  readonly record: DeliveryRecord;
  readonly counts: ApplyCounts;
  readonly failures: readonly SealiftError<ErrorCode>[];
  /** Keys of all objects of the artifact that are kept now. */
  readonly keys: ReadonlySet<string>;
  /** Kinds whose changes are seen at the safety-net interval alone. */
  readonly unwatched: readonly string[];
};

/** Objects of one stage under way at once; the client bounds all writes together. */
const concurrency = 24;
/** Time for a CustomResourceDefinition to be established and served. */
const definitionTimeoutMs = 30_000;
const servedStepMs = 100;

const definitionSchema = z.object({
  spec: z.object({ group: z.string(), names: z.object({ kind: z.string() }) }),
});

/** Applies what has changed. Failures of single objects are collected; the others go on. */
export async function applyResources(
  context: ApplyContext,
  resources: readonly Resource[],
): Promise<ApplyResult> {
  const counts: ApplyCounts = { created: 0, configured: 0, unchanged: 0 };
  const failures: SealiftError<ErrorCode>[] = [];
  const keys = new Set<string>();
  const unwatched = new Set<string>();
  const entries: Record<string, RecordEntry> = { ...context.record.entries };
  let { record } = context;
  const definedKinds = new Set(resources.flatMap(definedKind));
  for (const stage of stages) {
    const ofStage = resources.filter((resource) => stageOf(identityOf(resource)) === stage);
    if (ofStage.length === 0) continue;
    const desired = await resolveKinds(context, ofStage, definedKinds, failures);
    for (const { kind } of uniqueKinds(desired)) {
      await context.watches.ensure(kind);
      if (!context.watches.isWatched(kind))
        unwatched.add(`${kind.kind}${kind.group === '' ? '' : `.${kind.group}`}`);
    }
    const added = desired.filter(({ key }) => entries[key] === undefined);
    for (const object of added) entries[object.key] = toEntry(object);
    if (added.length > 0) {
      record = withEntries(record, entries);
      await context.writeRecord(record);
    }
    await forEachConcurrently(desired, concurrency, async (object) => {
      try {
        counts[await applyOne(context, object, entries[object.key])] += 1;
        keys.add(object.key);
        entries[object.key] = toEntry(object, context.keeper);
      } catch (error) {
        if (context.signal.aborted || !isSealiftError(error)) throw error;
        failures.push(error);
        // What was kept before stays kept; what never was is nobody's.
        if (context.keeper.get(object.key)?.ownerId === context.owner.ownerId) keys.add(object.key);
      }
    });
    await awaitDefinitions(context, desired, failures);
  }
  return { record: withEntries(record, entries), counts, failures, keys, unwatched: [...unwatched] };
}

function withEntries(record: DeliveryRecord, entries: DeliveryRecord['entries']): DeliveryRecord {
  return { ...record, entries: { ...entries } };
}

async function applyOne(
  { keeper, watches, owner, isSafetyNet, isLiveOwner }: ApplyContext,
  desired: Desired,
  entry: RecordEntry | undefined,
): Promise<keyof ApplyCounts> {
  let known = keeper.get(desired.key);
  if (known !== undefined && !isLiveOwner(known.ownerId)) {
    // Its Delivery is gone.
    keeper.release(desired.key, known.ownerId);
    known = undefined;
  }
  if (known !== undefined && known.ownerId !== owner.ownerId) {
    const resource = formatIdentity(desired.identity);
    throw new ApplyError('OWNED_BY_ANOTHER', `${resource} is reconciled by another Delivery`, resource, {
      hint: 'Take it out of one of the two.',
    });
  }
  const applied = entry?.applied;
  const mustSend = isSafetyNet && !watches.isWatched(desired.kind);
  if (applied !== undefined && applied.hash === desired.hash && !mustSend) {
    if (known === undefined) {
      const { uid, fieldsHash, fieldsTime } = applied;
      // Drift that happened while nobody watched is corrected from here on.
      keeper.adopt(owner.ownerId, desired, { uid, hash: fieldsHash, time: fieldsTime });
    }
    return 'unchanged';
  }
  return keeper.apply(owner.ownerId, desired, applied === undefined && known === undefined);
}

/** Kinds by discovery; the ones that a CRD of this artifact defines are served a moment after it is established. */
async function resolveKinds(
  context: ApplyContext,
  resources: readonly Resource[],
  definedKinds: ReadonlySet<string>,
  failures: SealiftError<ErrorCode>[],
): Promise<readonly Desired[]> {
  const { discovery, owner } = context;
  const desired: Desired[] = [];
  for (const resource of resources) {
    const identity = identityOf(resource);
    const isDefinedHere = definedKinds.has(`${identity.group}/${identity.kind}`);
    const find = () => discovery.find(identity.group, identity.version, identity.kind);
    const kind = (await find()) ?? (isDefinedHere ? await findServed(context, find) : undefined);
    if (kind === undefined) {
      const name = formatIdentity(identity);
      failures.push(
        new ApplyError(
          'KIND_UNKNOWN',
          `${name}: the API server serves no ${identity.kind} in ${resource.apiVersion}`,
          name,
          {
            hint: 'Install its CustomResourceDefinition, or put it into the artifact.',
            retryable: true,
          },
        ),
      );
    } else {
      const object = toDesired(resource, kind, owner);
      const problem = refusalOf(context, object, desired);
      if (problem === undefined) desired.push(object);
      else failures.push(problem);
    }
  }
  return desired;
}

/** What shows only once namespaces are filled in: an object without one gets the Delivery's. */
function refusalOf(
  { pullerNamespace }: ApplyContext,
  { identity, key }: Desired,
  others: readonly Desired[],
): SealiftError<ErrorCode> | undefined {
  const name = formatIdentity(identity);
  if (identity.namespace === pullerNamespace) {
    return new PolicyError(
      'SELF_MODIFICATION',
      `artifact holds ${name}, which would lie in the puller's namespace`,
    );
  }
  if (others.some((other) => other.key === key)) {
    return new ApplyError(
      'APPLY_CONFLICT',
      `${name} stands in the artifact twice, with and without its namespace`,
      name,
    );
  }
  return undefined;
}

/** `GROUP/KIND` of what a CustomResourceDefinition defines. */
function definedKind(resource: Resource): readonly string[] {
  if (resource.kind !== 'CustomResourceDefinition') return [];
  const parsed = definitionSchema.safeParse(resource);
  return parsed.success ? [`${parsed.data.spec.group}/${parsed.data.spec.names.kind}`] : [];
}

/** An established definition is in discovery a moment later; nothing tells when. */
async function findServed(
  { discovery, signal }: ApplyContext,
  find: () => Promise<ResourceKind | undefined>,
): Promise<ResourceKind | undefined> {
  for (let waitedMs = 0; waitedMs < definitionTimeoutMs && !signal.aborted; waitedMs += servedStepMs) {
    await waitFor(() => false, servedStepMs, signal);
    discovery.invalidate();
    const kind = await find();
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/** Waits for the stage's CustomResourceDefinitions: established by the watch, then served by discovery. */
async function awaitDefinitions(
  { keeper, watches, discovery, signal }: ApplyContext,
  desired: readonly Desired[],
  failures: SealiftError<ErrorCode>[],
): Promise<void> {
  const definitions = desired.filter(({ identity }) => identity.kind === 'CustomResourceDefinition');
  const isPending = ({ key }: Desired): boolean => {
    const tracked = keeper.get(key);
    return tracked !== undefined && keeper.healthOf(tracked).state !== 'Current';
  };
  const pending = definitions.filter(isPending);
  if (pending.length === 0) return;
  const isEstablished = await waitFor(() => !pending.some(isPending), definitionTimeoutMs, signal);
  discovery.invalidate();
  watches.poke();
  if (isEstablished) return;
  for (const { identity } of pending.filter(isPending)) {
    const name = formatIdentity(identity);
    failures.push(new ApplyError('WAIT_TIMEOUT', `${name} is not established`, name, { retryable: true }));
  }
}

function toEntry(desired: Desired, keeper?: Keeper): RecordEntry {
  const { group, version, kind, namespace, name } = desired.identity;
  const baseline = keeper?.get(desired.key)?.baseline;
  return {
    group,
    version,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(baseline === undefined
      ? {}
      : {
          applied: {
            uid: baseline.uid,
            hash: desired.hash,
            fieldsHash: baseline.hash,
            fieldsTime: baseline.time,
          },
        }),
  };
}

function uniqueKinds(desired: readonly Desired[]): readonly { readonly kind: ResourceKind }[] {
  const byName = new Map(desired.map(({ kind }) => [`${kind.group}/${kind.kind}`, { kind }]));
  return [...byName.values()];
}

export async function forEachConcurrently<T>(
  items: Iterable<T>,
  limit: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await run(next.value);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/** Several failures as one error, or undefined. */
export function joinFailures(failures: readonly SealiftError<ErrorCode>[]): FailuresError | undefined {
  const [first, ...rest] = failures;
  if (first === undefined) return undefined;
  const named = failures
    .slice(0, 3)
    .map(({ code, message }) => `${code}: ${message}`)
    .join('; ');
  const more = failures.length > 3 ? ` and ${failures.length - 3} more` : '';
  return new FailuresError([first, ...rest], `${named}${more}`);
}
