// The memory of promotions: PromotionRecords, followed by a watch, and the local volume. Both are raised before anything
// is applied, and the higher of the two counts.
import {
  promotionRecordSchema,
  type PromotionRecord,
  type PromotionRecordSpec,
} from '../../src/api/promotion-record.ts';
import { apiVersion, localRollbackAnnotation } from '../../src/api/common.ts';
import { KubeError, PolicyError } from '../../src/errors.ts';
import { kubeObjectSchema, type KubeObject } from '../../src/kube/object.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { WatchEvent } from '../../src/kube/watch.ts';
import { toHighest } from '../../src/trust/promotion-memory.ts';
import type { Highest } from '../../src/trust/promotion.ts';
import type { PromotionStatement } from '../../src/trust/promotion-statement.ts';
import { promotionRecordKind } from '../own-kinds.ts';
import type { StateFolder } from './state-folder.ts';
import { formatTime } from '../status/conditions.ts';
import { shortHash } from '../reconcile/owner.ts';
import { isOlder } from '../reconcile/live-objects.ts';

/** A statement that was accepted, and the latest time of issue of it and of what prolongs it; ms since 1970. */
export type Promoted = { readonly statement: PromotionStatement; readonly issuedAtMs: number };

export type PromotionRecords = {
  /** Takes an event in; gives whether a local rollback was asked for or taken back. */
  onEvent(event: WatchEvent): boolean;
  /** The sequence that a cluster admin wants to return from. */
  rollbackFrom(repository: string, channel: string): number | undefined;
  /** @throws PolicyError `POLICY_INVALID` where the record can't be read */
  highest(repository: string, channel: string): Highest | undefined;
  /**
   * Remembers a statement as the highest.
   * @throws KubeError `KUBE_CONFLICT` (retryable) where another writer was first: decide again
   */
  raise(promoted: Promoted): Promise<void>;
  /** Reads the record of a statement's channel anew. */
  refresh(statement: PromotionStatement): Promise<void>;
};

/** One record a (repository, channel), whatever Delivery or policy leads to it. */
function recordNameOf(repository: string, channel: string): string {
  return shortHash(`${repository}\n${channel}`);
}

export function createPromotionRecords(client: KubeClient, state: StateFolder): PromotionRecords {
  const records = new Map<string, PromotionRecord>();
  const unreadable = new Set<string>();

  function localSpec(name: string): PromotionRecordSpec | undefined {
    const kept = state.get(name);
    return kept === 'unreadable' ? undefined : kept;
  }

  function keep(value: KubeObject): void {
    const parsed = promotionRecordSchema.safeParse(value);
    if (!parsed.success) {
      unreadable.add(value.metadata.name);
      return;
    }
    const record = parsed.data;
    unreadable.delete(record.metadata.name);
    const { name, resourceVersion } = record.metadata;
    const known = records.get(name);
    if (known !== undefined && isOlder(resourceVersion, known.metadata.resourceVersion)) return;
    records.set(name, record);
  }

  /**
   * What was just asked for is what the server has now, even under an older version: a restored etcd counts back, and
   * without its version nothing could be written any more. What was accepted meanwhile is not forgotten for that.
   */
  function takeAsItIs(record: PromotionRecord): void {
    const { name } = record.metadata;
    unreadable.delete(name);
    records.set(name, { ...record, spec: higherOf(record.spec, records.get(name)?.spec) ?? record.spec });
  }

  return {
    onEvent: ({ type, object }) => {
      const { name } = object.metadata;
      const before = records.get(name)?.metadata.annotations?.[localRollbackAnnotation];
      if (type !== 'DELETED') keep(object);
      else {
        records.delete(name);
        unreadable.delete(name);
      }
      return records.get(name)?.metadata.annotations?.[localRollbackAnnotation] !== before;
    },
    rollbackFrom: (repository, channel) => {
      const record = records.get(recordNameOf(repository, channel));
      const text = record?.metadata.annotations?.[localRollbackAnnotation];
      return text !== undefined && /^\d{1,16}$/u.test(text) ? Number(text) : undefined;
    },
    highest: (repository, channel) => {
      const name = recordNameOf(repository, channel);
      // What can't be read may be higher than anything that is offered.
      if (unreadable.has(name))
        throw new PolicyError('POLICY_INVALID', `PromotionRecord ${name} can not be read`);
      const kept = state.get(name);
      if (kept === 'unreadable')
        throw new PolicyError('POLICY_INVALID', `record ${name} on the state volume can not be read`, {
          hint: 'Compare it with the PromotionRecord, and delete the file once that is known to be right.',
        });
      const spec = higherOf(records.get(name)?.spec, kept);
      return spec === undefined ? undefined : toHighest(spec);
    },
    refresh: async ({ repository, channel }) => {
      const name = recordNameOf(repository, channel);
      const path = resourcePath(promotionRecordKind, undefined, name);
      try {
        const found = kubeObjectSchema.parse((await client.request({ method: 'GET', path })).body);
        const parsed = promotionRecordSchema.safeParse(found);
        if (!parsed.success) keep(found);
        else takeAsItIs(parsed.data);
      } catch (error) {
        if (!(error instanceof KubeError) || error.code !== 'KUBE_NOT_FOUND') throw error;
        records.delete(name);
      }
    },
    raise: async ({ statement, issuedAtMs }) => {
      const name = recordNameOf(statement.repository, statement.channel);
      const known = records.get(name);
      const memory = higherOf(known?.spec, localSpec(name));
      const spec = toSpec(statement, latestMs(issuedAtMs, memory));
      if (memory !== undefined && !isAtLeast(spec, memory)) {
        // Raised by another Delivery of the channel, or deleted, while this one read its layer.
        throw new KubeError('KUBE_CONFLICT', `PromotionRecord ${name} is at a higher sequence by now`, {
          retryable: true,
        });
      }
      if (known === undefined || !isSame(known.spec, spec)) {
        const answer = await (known === undefined
          ? create(client, name, spec)
          : replace(client, known, spec));
        keep(kubeObjectSchema.parse(answer));
      }
      const local = localSpec(name);
      if (local === undefined || !isSame(local, spec)) await state.put(name, spec);
    },
  };
}

/** What the two memories have of a channel, the higher one counting, with the later time of both. */
function higherOf(
  record: PromotionRecordSpec | undefined,
  kept: PromotionRecordSpec | undefined,
): PromotionRecordSpec | undefined {
  if (record === undefined || kept === undefined) return record ?? kept;
  const higher = isAbove(kept, record) ? kept : record;
  return { ...higher, issuedAt: formatTime(latestMs(0, record, kept)) };
}

function latestMs(issuedAtMs: number, ...specs: readonly (PromotionRecordSpec | undefined)[]): number {
  return Math.max(issuedAtMs, ...specs.map((spec) => Date.parse(spec?.issuedAt ?? '') || 0));
}

async function create(client: KubeClient, name: string, spec: PromotionRecordSpec): Promise<unknown> {
  const body = { apiVersion, kind: 'PromotionRecord', metadata: { name }, spec };
  try {
    return (await client.request({ method: 'POST', path: resourcePath(promotionRecordKind), body })).body;
  } catch (cause) {
    if (!(cause instanceof KubeError) || cause.code !== 'KUBE_CONFLICT') throw cause;
    throw new KubeError('KUBE_CONFLICT', `PromotionRecord ${name} was made by another writer`, {
      cause,
      retryable: true,
    });
  }
}

async function replace(
  client: KubeClient,
  known: PromotionRecord,
  spec: PromotionRecordSpec,
): Promise<unknown> {
  const { name, resourceVersion, labels, finalizers, ownerReferences } = known.metadata;
  const { [localRollbackAnnotation]: rollback, ...others } = known.metadata.annotations ?? {};
  const isSameSequence = known.spec.epoch === spec.epoch && known.spec.sequence === spec.sequence;
  // A local rollback ends with the sequence that it returned from.
  const kept = isSameSequence && rollback !== undefined ? { [localRollbackAnnotation]: rollback } : {};
  const answer = await client.request({
    method: 'PUT',
    path: resourcePath(promotionRecordKind, undefined, name),
    body: {
      apiVersion,
      kind: 'PromotionRecord',
      // The version is the lock: a record that was raised meanwhile is not overwritten.
      metadata: {
        name,
        resourceVersion,
        labels,
        finalizers,
        ownerReferences,
        annotations: { ...others, ...kept },
      },
      spec,
    },
  });
  return answer.body;
}

/** The time never goes back, or a clock set back would let an overdue statement pass. */
function toSpec(statement: PromotionStatement, issuedAtMs: number): PromotionRecordSpec {
  const { repository, channel, epoch, sequence, subject, statementDigest } = statement;
  const issuedAt = formatTime(issuedAtMs);
  return { repository, channel, epoch, sequence, digest: subject, statementDigest, issuedAt };
}

function isAbove(wanted: PromotionRecordSpec, known: PromotionRecordSpec): boolean {
  if (wanted.epoch !== known.epoch) return wanted.epoch > known.epoch;
  return wanted.sequence > known.sequence;
}

/** Whether a record may be overwritten by this: higher, or the same promotion. */
function isAtLeast(wanted: PromotionRecordSpec, known: PromotionRecordSpec): boolean {
  const isEqual = wanted.epoch === known.epoch && wanted.sequence === known.sequence;
  return isEqual ? wanted.digest === known.digest : isAbove(wanted, known);
}

function isSame(known: PromotionRecordSpec, wanted: PromotionRecordSpec): boolean {
  return (
    known.epoch === wanted.epoch &&
    known.sequence === wanted.sequence &&
    known.digest === wanted.digest &&
    Date.parse(known.issuedAt) >= Date.parse(wanted.issuedAt)
  );
}
