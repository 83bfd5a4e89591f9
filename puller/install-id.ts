// The id of this installation: a part of every owner id, so that two installations on one cluster never take each
// other's objects for their own. Kept in a ConfigMap that an uninstall leaves.
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { InputError, KubeError } from '../src/errors.ts';
import type { KubeClient } from '../src/kube/request.ts';

const name = 'sealift-install';
const schema = z.object({ data: z.object({ installId: z.string().min(1).max(64) }) });

/**
 * Reads the id, or makes one on the first start.
 * @param hasRecords whether records of an installation are there
 * @throws InputError `INPUT_CONFLICT` where there are records but no id: they are of another installation
 */
export async function readInstallId(
  client: KubeClient,
  namespace: string,
  hasRecords: boolean,
): Promise<string> {
  const collection = `/api/v1/namespaces/${namespace}/configmaps`;
  const read = async (): Promise<string> =>
    schema.parse((await client.request({ method: 'GET', path: `${collection}/${name}` })).body).data
      .installId;
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== 'KUBE_NOT_FOUND') throw error;
  }
  if (hasRecords) {
    throw new InputError(
      'INPUT_CONFLICT',
      `ConfigMap ${namespace}/${name} is gone, but records of an installation are there`,
      {
        hint: 'Restore the ConfigMap: its id is what the applied objects are known by.',
      },
    );
  }
  const installId = randomUUID();
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'sealift' } },
    data: { installId },
  };
  try {
    await client.request({ method: 'POST', path: collection, body });
    return installId;
  } catch (error) {
    if (error instanceof KubeError && error.code === 'KUBE_CONFLICT') return read();
    throw error;
  }
}
