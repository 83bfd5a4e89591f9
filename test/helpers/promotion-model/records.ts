// The channel's PromotionRecord as cluster admins and other writers reach it, on any API server.
import { shortHash } from '../../../puller/reconcile/owner.ts';
import { promotionRecordKind } from '../../../puller/own-kinds.ts';
import { apiVersion, localRollbackAnnotation } from '../../../src/api/common.ts';
import { KubeError } from '../../../src/errors.ts';
import { kubeObjectSchema, type KubeObject } from '../../../src/kube/object.ts';
import type { KubeClient } from '../../../src/kube/request.ts';
import { resourcePath } from '../../../src/kube/resource-path.ts';
import { formatTime } from '../../../src/operations/ports.ts';
import { channel, repository, type Known } from './rules.ts';

export type Records = {
  read(): Promise<KubeObject | undefined>;
  /** Makes the record, or writes it anew; the API server judges that. */
  write(known: Known): Promise<void>;
  remove(): Promise<void>;
  /** Asks for a return from a sequence; does nothing where there is no record. */
  annotate(sequence: number): Promise<void>;
};

export const recordName = shortHash(`${repository}\n${channel}`);
const path = resourcePath(promotionRecordKind, undefined, recordName);

export function createRecords(client: KubeClient): Records {
  async function read(): Promise<KubeObject | undefined> {
    try {
      return kubeObjectSchema.parse((await client.request({ method: 'GET', path })).body);
    } catch (error) {
      if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') return undefined;
      throw error;
    }
  }
  return {
    read,
    write: async (known) => {
      const found = await read();
      const metadata = found?.metadata ?? { name: recordName };
      const body = { apiVersion, kind: 'PromotionRecord', metadata, spec: specOf(known) };
      if (found !== undefined) await client.request({ method: 'PUT', path, body });
      else await client.request({ method: 'POST', path: resourcePath(promotionRecordKind), body });
    },
    remove: async () => {
      if ((await read()) !== undefined) await client.request({ method: 'DELETE', path });
    },
    annotate: async (sequence) => {
      const found = await read();
      if (found === undefined) return;
      const annotations = { ...found.metadata.annotations, [localRollbackAnnotation]: `${sequence}` };
      const body = { ...found, metadata: { ...found.metadata, annotations } };
      await client.request({ method: 'PUT', path, body });
    },
  };
}

/** A record that is gone, as a watch tells of it. */
export function goneRecord(): KubeObject {
  return { metadata: { name: recordName, uid: 'gone', resourceVersion: '1' } };
}

function specOf({ epoch, sequence, digest, issuedMs }: Known): object {
  const issuedAt = formatTime(issuedMs);
  return { repository, channel, epoch, sequence, digest, statementDigest: digest, issuedAt };
}
