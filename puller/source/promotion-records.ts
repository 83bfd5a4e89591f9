// The cluster's memory of promotions: PromotionRecords, followed by a watch and raised before anything is applied.
import {
  promotionRecordSchema,
  type PromotionRecord,
  type PromotionRecordSpec,
} from '../../src/api/promotion-record.ts';
import { apiVersion } from '../../src/api/common.ts';
import { KubeError, PolicyError } from '../../src/errors.ts';
import { kubeObjectSchema, type KubeObject } from '../../src/kube/object.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { WatchEvent } from '../../src/kube/watch.ts';
import { parseDigest } from '../../src/oci/digest.ts';
import type { Highest } from '../../src/trust/promotion.ts';
import type { PromotionStatement } from '../../src/trust/promotion-statement.ts';
import { promotionRecordKind } from '../own-kinds.ts';
import { shortHash } from '../reconcile/owner.ts';
import { isOlder } from '../reconcile/live-objects.ts';

export type PromotionRecords = {
  onEvent(event: WatchEvent): void;
  /** @throws PolicyError `POLICY_INVALID` where the record can't be read */
  highest(repository: string, channel: string): Highest | undefined;
  /**
   * Remembers a statement as the highest.
   * @throws KubeError `KUBE_CONFLICT` (retryable) where another writer was first: decide again
   */
  raise(statement: PromotionStatement): Promise<void>;
  /** Reads the record of a statement's channel anew. */
  refresh(statement: PromotionStatement): Promise<void>;
};

/** One record a (repository, channel), whatever Delivery or policy leads to it. */
function recordNameOf(repository: string, channel: string): string {
  return shortHash(`${repository}\n${channel}`);
}

export function createPromotionRecords(client: KubeClient): PromotionRecords {
  const records = new Map<string, PromotionRecord>();
  const unreadable = new Set<string>();

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

  return {
    onEvent: ({ type, object }) => {
      if (type !== 'DELETED') keep(object);
      else {
        records.delete(object.metadata.name);
        unreadable.delete(object.metadata.name);
      }
    },
    highest: (repository, channel) => {
      const name = recordNameOf(repository, channel);
      // What can't be read may be higher than anything that is offered.
      if (unreadable.has(name))
        throw new PolicyError('POLICY_INVALID', `PromotionRecord ${name} can not be read`);
      const spec = records.get(name)?.spec;
      if (spec === undefined) return undefined;
      return { epoch: spec.epoch, sequence: spec.sequence, digest: parseDigest(spec.digest) };
    },
    refresh: async ({ repository, channel }) => {
      const path = resourcePath(promotionRecordKind, undefined, recordNameOf(repository, channel));
      keep(kubeObjectSchema.parse((await client.request({ method: 'GET', path })).body));
    },
    raise: async (statement) => {
      const spec = toSpec(statement);
      const name = recordNameOf(statement.repository, statement.channel);
      const known = records.get(name);
      if (known !== undefined && isSame(known.spec, spec)) return;
      if (known !== undefined && !isAbove(spec, known.spec)) {
        // Raised by another Delivery of the channel while this one read its layer.
        throw new KubeError('KUBE_CONFLICT', `PromotionRecord ${name} is at a higher sequence by now`, {
          retryable: true,
        });
      }
      const answer = await (known === undefined ? create(client, name, spec) : replace(client, known, spec));
      keep(kubeObjectSchema.parse(answer));
    },
  };
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
  const { name, resourceVersion } = known.metadata;
  const answer = await client.request({
    method: 'PUT',
    path: resourcePath(promotionRecordKind, undefined, name),
    // The version is the lock: a record that was raised meanwhile is not overwritten.
    body: { apiVersion, kind: 'PromotionRecord', metadata: { name, resourceVersion }, spec },
  });
  return answer.body;
}

function toSpec(statement: PromotionStatement): PromotionRecordSpec {
  const { repository, channel, epoch, sequence, subject, statementDigest, issuedAt } = statement;
  return { repository, channel, epoch, sequence, digest: subject, statementDigest, issuedAt };
}

function isAbove(wanted: PromotionRecordSpec, known: PromotionRecordSpec): boolean {
  if (wanted.epoch !== known.epoch) return wanted.epoch > known.epoch;
  return wanted.sequence > known.sequence;
}

function isSame(known: PromotionRecordSpec, wanted: PromotionRecordSpec): boolean {
  return known.epoch === wanted.epoch && known.sequence === wanted.sequence && known.digest === wanted.digest;
}
