import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

const namespaceOf = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', name });
const enabled = { 'sealift.dev/prune': 'Enabled' };

export const behaviour = behaviourOf(
  'a Namespace is pruned only where the artifact asked for it, and its objects go first',
  async (open) => {
    const bed = await open();
    const [asked, kept] = [`${bed.name}-asked`, `${bed.name}-kept`];
    const namespace = (name: string, annotations = {}): object => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, annotations },
    });
    await bed.deliver([
      namespace(asked, enabled),
      namespace(kept),
      bed.configMap('inner', {}, { namespace: asked }),
      bed.configMap('rest', {}),
    ]);
    await bed.deliver([bed.configMap('rest', {})]);
    await bed.untilEvent(/PruneSkipped: Namespace .*-kept .*sealift\.dev\/prune/u);
    await bed.untilGone(namespaceOf(asked));
    const found = await bed.get(namespaceOf(kept));
    assert.equal(found?.metadata.deletionTimestamp, undefined);
    await bed.until('no note of it in Ready', ({ status }) => {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      return ready?.status === 'True' && !ready.message.includes('being deleted');
    });
  },
);
