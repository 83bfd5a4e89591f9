// How a verb reaches a cluster: by the user's kubeconfig, with the user's rights.
import { join } from 'node:path';
import { loadKubeconfig } from '../kube/kubeconfig.ts';
import { createKubeClient, type KubeClient } from '../kube/request.ts';
import { requireOption } from './arguments.ts';
import type { World } from './world.ts';

export const clusterOptions = {
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
} as const;

export type ClusterValues = {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
};

/**
 * Runs something against the cluster.
 * @throws InputError `INPUT_MISSING`, `FILE_UNREADABLE`
 */
export async function withCluster<T>(
  values: ClusterValues,
  world: World,
  run: (client: KubeClient, namespace: string) => Promise<T>,
): Promise<T> {
  const { KUBECONFIG: listed, HOME: home } = world.env;
  const path =
    values.kubeconfig ?? listed ?? (home === undefined ? undefined : join(home, '.kube', 'config'));
  const file = requireOption(path, 'kubeconfig');
  const config = await loadKubeconfig(file, values.context === undefined ? {} : { context: values.context });
  const client = createKubeClient({ config, now: world.now, random: world.random });
  try {
    return await run(client, values.namespace ?? config.namespace ?? 'default');
  } finally {
    client.close();
  }
}
