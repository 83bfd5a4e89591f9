// Reading and writing one Lease. Every write names the version it replaces, so two can't take the lease at once.
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/

import * as z from 'zod';

import { KubeError } from '../errors.ts';
import type { KubeClient, KubeRequest } from './request.ts';
import { resourcePath } from './resource-path.ts';

export type LeaseTimes = {
  readonly leaseDurationMs: number;
  readonly renewMs: number;
  readonly retryMs: number;
};

export type LeaseStoreOptions = LeaseTimes & {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly date: () => Date;
};

export type LeaseRecord = {
  readonly resourceVersion: string;
  /** Empty when nobody holds it. */
  readonly holder: string;
  readonly durationMs: number;
};

export type LeaseStore = {
  /**
   * Reads the record; undefined where there is none.
   * @throws KubeError of every code
   */
  read(): Promise<LeaseRecord | undefined>;
  /**
   * Writes us as the holder over the record that was read.
   * @throws KubeError of every code: `KUBE_CONFLICT` when somebody was quicker
   */
  take(record: LeaseRecord | undefined): Promise<void>;
  /**
   * Renews what we hold; `taken` if somebody else does.
   * @throws KubeError of every code
   */
  renew(signal: AbortSignal): Promise<'renewed' | 'taken'>;
  /**
   * Gives up what we hold, so that others need not wait.
   * @throws KubeError of every code
   */
  release(): Promise<void>;
};

const leaseKind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  namespaced: true,
} as const;

const leaseSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), resourceVersion: z.string() }),
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      acquireTime: z.string().nullish(),
      leaseTransitions: z.number().nullish(),
    })
    .optional(),
});
type Lease = z.infer<typeof leaseSchema>;

/** Makes the store of one Lease. */
export function createLeaseStore(client: KubeClient, options: LeaseStoreOptions): LeaseStore {
  const collection = resourcePath(leaseKind, options.namespace);
  const path = resourcePath(leaseKind, options.namespace, options.name);
  /** The record as the server last gave it. */
  let current: Lease | undefined;

  async function exchange(request: Pick<KubeRequest, 'method' | 'path' | 'body' | 'signal'>): Promise<void> {
    const answer = await client.request({
      ...request,
      // An old answer is of no use, and no queue of writes may cost us the lease.
      timeoutMs: Math.min(options.renewMs, options.retryMs),
      urgent: true,
    });
    const parsed = leaseSchema.safeParse(answer.body);
    if (!parsed.success) {
      throw new KubeError('KUBE_PROTOCOL', `${path}: the answer is not a Lease`, { cause: parsed.error });
    }
    current = parsed.data;
  }

  function held(base: Lease['spec'], isNew: boolean): Record<string, unknown> {
    const time = microTime(options.date());
    return {
      ...base,
      holderIdentity: options.identity,
      leaseDurationSeconds: Math.ceil(options.leaseDurationMs / 1000),
      acquireTime: isNew ? time : (base?.acquireTime ?? time),
      renewTime: time,
      leaseTransitions: (base?.leaseTransitions ?? 0) + (isNew ? 1 : 0),
    };
  }

  async function put(spec: Record<string, unknown>, signal?: AbortSignal): Promise<void> {
    const body = { ...current, spec };
    await exchange({ method: 'PUT', path, body, ...(signal === undefined ? {} : { signal }) });
  }

  async function read(): Promise<LeaseRecord | undefined> {
    try {
      await exchange({ method: 'GET', path });
    } catch (error) {
      if (!(error instanceof KubeError) || error.code !== 'KUBE_NOT_FOUND') throw error;
      current = undefined;
    }
    return current === undefined ? undefined : recordOf(current);
  }

  return {
    read,
    async take(record) {
      if (record === undefined || current === undefined) {
        const metadata = { name: options.name, namespace: options.namespace };
        const body = {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata,
          spec: held(undefined, true),
        };
        await exchange({ method: 'POST', path: collection, body });
        return;
      }
      await put(held(current.spec, record.holder !== options.identity));
    },
    async renew(signal) {
      try {
        await put(held(current?.spec, false), signal);
        return 'renewed';
      } catch (error) {
        const isMoved = error instanceof KubeError && (error.status === 409 || error.status === 404);
        if (!isMoved) throw error;
      }
      // Perhaps by ourselves: the answer to an earlier write may have been lost.
      const record = await read();
      if (record?.holder !== options.identity) return 'taken';
      await put(held(current?.spec, false), signal);
      return 'renewed';
    },
    async release() {
      const renewTime = microTime(options.date());
      await put({ ...current?.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime });
    },
  };
}

function recordOf(lease: Lease): LeaseRecord {
  return {
    resourceVersion: lease.metadata.resourceVersion,
    holder: lease.spec?.holderIdentity ?? '',
    durationMs: (lease.spec?.leaseDurationSeconds ?? 0) * 1000,
  };
}

/** The API's MicroTime wants six digits. */
function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
