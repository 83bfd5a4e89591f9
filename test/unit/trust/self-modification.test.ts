import { suite, test } from 'node:test';
import { PolicyError } from '../../../src/errors.ts';
import type { Resource } from '../../../src/resources/resource.ts';
import { assertNoSelfModification } from '../../../src/trust/self-modification.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

function resource(apiVersion: string, kind: string, metadata: Resource['metadata']): Resource {
  return { apiVersion, kind, metadata };
}

suite('an artifact can not change its judge', () => {
  const refused: readonly Resource[] = [
    resource('sealift.dev/v1alpha1', 'TrustPolicy', { name: 'a' }),
    resource('sealift.dev/v1', 'TrustPolicy', { name: 'a' }),
    resource('sealift.dev/v1alpha1', 'PromotionRecord', { name: 'a' }),
    resource('sealift.dev/v1alpha1', 'Delivery', { name: 'a', namespace: 'shop' }),
    resource('sealift.dev/v1alpha1', 'Unheard', { name: 'a' }),
    resource('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { name: 'trustpolicies.sealift.dev' }),
    resource('apiextensions.k8s.io/v1beta1', 'CustomResourceDefinition', { name: 'deliveries.sealift.dev' }),
    resource('apiregistration.k8s.io/v1', 'APIService', { name: 'v1alpha1.sealift.dev' }),
    resource('v1', 'Secret', { name: 'a', namespace: 'sealift-system' }),
    resource('apps/v1', 'Deployment', { name: 'puller', namespace: 'sealift-system' }),
    resource('v1', 'Namespace', { name: 'sealift-system' }),
    resource('rbac.authorization.k8s.io/v1', 'ClusterRole', {
      name: 'a',
      labels: { 'sealift.dev/aggregate-to-puller': 'true' },
    }),
    resource('rbac.authorization.k8s.io/v1', 'ClusterRole', {
      name: 'a',
      labels: { 'sealift.dev/aggregate-to-puller': '' },
    }),
  ];
  for (const refusedResource of refused) {
    const { kind, metadata } = refusedResource;
    test(`${kind} ${metadata.namespace ?? ''}/${metadata.name} is refused, also behind others`, () => {
      const harmless = resource('v1', 'ConfigMap', { name: 'a', namespace: 'shop' });
      assertThrowsWithCode(
        () => assertNoSelfModification([harmless, refusedResource], 'sealift-system'),
        PolicyError,
        'SELF_MODIFICATION',
      );
    });
  }

  test('what only looks alike is let through', () => {
    assertNoSelfModification(
      [
        resource('v1', 'ConfigMap', { name: 'sealift-system', namespace: 'shop' }),
        resource('v1', 'Namespace', { name: 'sealift-system-2' }),
        resource('example.org/v1', 'TrustPolicy', { name: 'a' }),
        resource('notsealift.dev/v1', 'Delivery', { name: 'a' }),
        resource('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { name: 'a.notsealift.dev' }),
        resource('apiregistration.k8s.io/v1', 'APIService', { name: 'v1.example.org' }),
        resource('rbac.authorization.k8s.io/v1', 'ClusterRole', { name: 'a', labels: { app: 'sealift' } }),
        resource('rbac.authorization.k8s.io/v1', 'ClusterRole', { name: 'b', labels: null }),
      ],
      'sealift-system',
    );
  });
});
