// What is begun, of all Deliveries, in one Secret: those that begin at about the same time share a write, where each
// would need one of its own before its first apply. What a Delivery's own record says by now leaves with the next write.
import * as z from 'zod';
import { apiGroup } from '../../src/api/common.ts';
import { KubeError } from '../../src/errors.ts';
import { acceptObjectMetadata, applyContentType } from '../../src/kube/object.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { pullerLimits } from '../../src/limits.ts';

export type RecordJournal = {
  /** What it holds, by owner id; once, at the start. */
  load(): Promise<ReadonlyMap<string, Buffer>>;
  /** Keeps what was loaded until the owner's own record says it. */
  retain(ownerId: string, bytes: Buffer): void;
  /** Whether it can be taken; then it is there once this resolves. */
  add(ownerId: string, bytes: Buffer): Promise<boolean>;
  /** The owner's own record says as much or more. */
  settle(ownerId: string): void;
  /** Nothing is left of it once this resolves. */
  remove(ownerId: string): Promise<void>;
};

const name = 'sealift-journal';
const { entryBytes, bytes: totalBytes } = pullerLimits.journal;

const journalSchema = z.object({ data: z.record(z.string(), z.base64()).optional() });

type Waiting = { readonly resolve: () => void; readonly reject: (error: unknown) => void };

export function createRecordJournal(client: KubeClient, namespace: string): RecordJournal {
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  /** What the next write says; its bytes as base64. */
  const entries = new Map<string, string>();
  /** Owners that the Secret may name. */
  const stored = new Set<string>();
  let waiting: Waiting[] = [];
  let isWriting = false;
  let size = 0;

  function set(ownerId: string, text: string | undefined): void {
    size += (text?.length ?? 0) - (entries.get(ownerId)?.length ?? 0);
    if (text === undefined) entries.delete(ownerId);
    else entries.set(ownerId, text);
  }

  async function write(): Promise<void> {
    const data = Object.fromEntries(entries);
    for (const ownerId of entries.keys()) stored.add(ownerId);
    await client.request({
      method: 'PATCH',
      path,
      query: { fieldManager: 'sealift-puller', force: 'true' },
      contentType: applyContentType,
      accept: acceptObjectMetadata,
      body: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'sealift' } },
        type: `${apiGroup}/journal`,
        data,
      },
    });
    for (const ownerId of stored) if (!Object.hasOwn(data, ownerId)) stored.delete(ownerId);
  }

  /** All that came while a write was under way shares the next one. */
  async function writeAll(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await write();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }

  function written(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    waiting.push({ resolve: () => resolve(undefined), reject });
    if (!isWriting) void writeAll();
    return promise;
  }

  return {
    load: async () => {
      try {
        const { data = {} } = journalSchema.parse((await client.request({ method: 'GET', path })).body);
        for (const ownerId of Object.keys(data)) stored.add(ownerId);
        return new Map(Object.entries(data).map(([ownerId, text]) => [ownerId, Buffer.from(text, 'base64')]));
      } catch (error) {
        if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') return new Map();
        throw error;
      }
    },
    retain: (ownerId, bytes) => set(ownerId, bytes.toString('base64')),
    add: async (ownerId, bytes) => {
      const text = bytes.toString('base64');
      const others = size - (entries.get(ownerId)?.length ?? 0);
      if (text.length > entryBytes || others + text.length > totalBytes) return false;
      set(ownerId, text);
      try {
        await written();
        return true;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        set(ownerId, undefined);
        return false;
      }
    },
    settle: (ownerId) => set(ownerId, undefined),
    remove: async (ownerId) => {
      set(ownerId, undefined);
      try {
        if (stored.has(ownerId)) await written();
      } catch (error) {
        // What stays there names a Delivery that is gone, by its uid: nothing follows from it.
        if (!isRefusal(error)) throw error;
      }
    },
  };
}

/** Not an outage: somebody has made the Secret, or the right to it, such that it can't be written. */
function isRefusal(error: unknown): boolean {
  return error instanceof KubeError && !error.retryable;
}
