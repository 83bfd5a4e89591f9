import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const rbac = 'rbac.authorization.k8s.io';

export const behaviour = behaviourOf(
  'a Secret that the Delivery’s account may not read gives nothing, though the puller itself could be asked',
  async (open) => {
    const bed = await open();
    const { name: namespace } = bed;
    const bind = async (name: string, rules: readonly object[], subject: object): Promise<void> => {
      const metadata = { name, namespace };
      await bed.apply({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules });
      await bed.apply({
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: rbac, kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', ...subject }],
      });
    };
    const limited = { name: 'limited', namespace };
    const writes = {
      apiGroups: [''],
      resources: ['configmaps'],
      verbs: ['get', 'create', 'patch', 'delete'],
    };
    await bed.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: limited });
    await bind('writes', [writes], limited);
    const accounts = { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['limited'] };
    const puller = { name: 'sealift-puller', namespace: 'sealift-system' };
    await bind('as-limited', [{ ...accounts, verbs: ['impersonate'] }], puller);
    const metadata = { name: 'site', namespace };
    await bed.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { color: 'blue' } });

    await bed.publish([bed.configMap('settings', { color: '${color}' })]);
    const substituteFrom = [{ kind: 'Secret', name: 'site' }];
    await bed.follow({ serviceAccountName: 'limited', postBuild: { substituteFrom } });
    await bed.untilCondition('Ready', 'False', 'KUBE_FORBIDDEN');
    const reads = { apiGroups: [''], resources: ['secrets'], resourceNames: ['site'], verbs: ['get'] };
    await bind('reads', [reads], limited);
    await bed.look();
    await bed.untilObject(configMapOf('settings'), 'blue', ({ data }) => data?.['color'] === 'blue');
  },
);
