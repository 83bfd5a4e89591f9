import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';
import { startMutatingWebhook } from '../servers/mutating-webhook.ts';

export const behaviour = behaviourOf(
  'a mutating webhook that rewrites what we sent is no fight',
  async (open) => {
    const bed = await open();
    const webhook = await startMutatingWebhook([
      { op: 'add', path: '/data/mode', value: 'MUTATED' },
      { op: 'add', path: '/data/injected', value: 'sidecar' },
      { op: 'add', path: '/metadata/labels/mutated', value: 'yes' },
    ]);
    try {
      await bed.site.apply([webhookObject(bed.name, webhook)]);
      await bed.deliver([bed.configMap('settings', { mode: 'safe', other: '1' })]);
      await bed.untilObject(
        configMapOf('settings'),
        'mutated',
        ({ data }) => data?.['injected'] === 'sidecar',
      );
      const sizes: number[] = [];
      // Each repair passes the webhook as well.
      for (let turn = 0; turn < 3; turn += 1) {
        await bed.edit(configMapOf('settings'), { data: { other: `theirs ${turn}` } });
        const { metadata, data } = await bed.untilObject(
          configMapOf('settings'),
          'as it was',
          (found) => found.data?.['other'] === '1',
        );
        sizes.push(JSON.stringify(metadata.managedFields).length);
        assert.equal(data?.['mode'], 'MUTATED');
      }
      assert.equal(new Set(sizes).size, 1, sizes.join(', '));
      const before = webhook.count();
      const looked = await bed.look();
      await bed.look();
      assert.equal(webhook.count(), before, 'nothing more is written');
      assert.equal(conditionOf(looked, 'Contested'), undefined);
      assert.equal(conditionOf(looked, 'Ready')?.status, 'True');
    } finally {
      await bed.remove({ apiVersion: admission, kind: 'MutatingWebhookConfiguration', name: bed.name });
      await webhook.stop();
    }
  },
);

const admission = 'admissionregistration.k8s.io/v1';

function webhookObject(name: string, { url, caBundle }: { readonly url: string; readonly caBundle: string }) {
  return {
    apiVersion: admission,
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: 'mutate.example.com',
        clientConfig: { url, caBundle },
        rules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['configmaps'],
          },
        ],
        // The namespace's own ConfigMap is none of ours.
        objectSelector: { matchExpressions: [{ key: 'sealift.dev/owner', operator: 'Exists' }] },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        reinvocationPolicy: 'IfNeeded',
      },
    ],
  };
}
