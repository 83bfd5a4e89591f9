// What others do to an object that a Delivery keeps: each way is one request of the admin, under another name.
import { ownerLabel } from '../../src/api/common.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { appKinds, appLabel, versionLabel, type AppKind } from './apps.ts';
import { resourceKindOf } from './progress.ts';

export type Target = { readonly kind: AppKind; readonly namespace: string; readonly name: string };

export type Vandalism = {
  readonly name: string;
  readonly fits: (target: Target) => boolean;
  /** Resolves when the API server has answered. */
  readonly run: (admin: KubeClient, target: Target) => Promise<void>;
};

const fitsAll = (): boolean => true;

export function pathOf({ kind, namespace, name }: Target, subresource?: string): string {
  return resourcePath(resourceKindOf(kind), namespace, name, subresource);
}

async function mergePatch(
  admin: KubeClient,
  path: string,
  { manager, body }: { readonly manager: string; readonly body: object },
): Promise<void> {
  await admin.request({
    method: 'PATCH',
    path,
    query: { fieldManager: manager },
    contentType: 'application/merge-patch+json',
    body,
  });
}

export const vandalisms: readonly Vandalism[] = [
  {
    name: 'edit',
    fits: fitsAll,
    run: (admin, target) => {
      const body = { metadata: { labels: { [versionLabel]: 'evil' } } };
      return mergePatch(admin, pathOf(target), { manager: 'kubectl-edit', body });
    },
  },
  {
    name: 'scale',
    fits: ({ kind }) => kind.kind === appKinds.deployment.kind,
    run: (admin, target) => {
      const body = { spec: { replicas: 1 } };
      return mergePatch(admin, pathOf(target, 'scale'), { manager: 'kubectl', body });
    },
  },
  {
    name: 'delete',
    fits: fitsAll,
    run: async (admin, target) => {
      await admin.request({
        method: 'DELETE',
        path: pathOf(target),
        query: { propagationPolicy: 'Background' },
      });
    },
  },
  {
    name: 'label strip',
    fits: fitsAll,
    run: (admin, target) => {
      const body = { metadata: { labels: { [ownerLabel]: null } } };
      return mergePatch(admin, pathOf(target), { manager: 'kubectl-label', body });
    },
  },
  {
    name: 'managedFields wiped',
    fits: fitsAll,
    run: async (admin, target) => {
      await admin.request({
        method: 'PATCH',
        path: pathOf(target),
        contentType: 'application/json-patch+json',
        body: [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }],
      });
    },
  },
  {
    name: 'forced apply',
    fits: fitsAll,
    run: (admin, target) => forceApply(admin, target, 'other-tool'),
  },
];

/** As another tool does that applies the same object by force. */
export async function forceApply(admin: KubeClient, target: Target, manager: string): Promise<void> {
  const { group, version, kind } = target.kind;
  await admin.request({
    method: 'PATCH',
    path: pathOf(target),
    query: { fieldManager: manager, force: 'true' },
    body: {
      apiVersion: group === '' ? version : `${group}/${version}`,
      kind,
      metadata: { name: target.name, labels: { [versionLabel]: 'evil', [appLabel]: 'evil' } },
    },
  });
}
