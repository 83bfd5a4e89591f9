import assert from 'node:assert/strict';
import { ownerLabel } from '../../src/api/common.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { readStoredRecords } from '../helpers/stored-records.ts';

export const behaviour = behaviourOf(
  'an artifact that policy denies while it is applied is not applied further',
  async (open) => {
    const bed = await open();
    const annotations = { 'sealift.dev/force': 'Enabled' };
    const make = (mode: string): object => ({
      ...bed.configMap('settings', { mode }, { annotations }),
      immutable: true,
    });
    await bed.deliver([make('one')]);
    await bed.edit(configMapOf('settings'), { metadata: { finalizers: ['example.com/slow'] } });
    const hook = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: bed.name },
      webhooks: [],
    };
    const { descriptor } = await bed.publish([make('two'), hook]);
    await bed.annotate({ 'reconcile.sealift.dev/requestedAt': 'now' });
    await bed.untilObject(
      configMapOf('settings'),
      'being deleted',
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    );
    await bed.setPolicy({ deniedDigests: [descriptor.digest] });
    await bed.untilCondition('Ready', 'False', 'DIGEST_DENIED');
    const { metadata } = await bed.untilObject(configMapOf('settings'), 'ours', () => true);
    const ownerId = metadata.labels?.[ownerLabel] ?? '';
    const serialOf = async (): Promise<number | undefined> =>
      (await readStoredRecords(bed.site.admin)).get(ownerId)?.serial;
    const before = await serialOf();
    assert.ok(before);
    await bed.edit(configMapOf('settings'), { metadata: { finalizers: null } });
    await waitUntil(async () => (await serialOf()) !== before, {
      what: 'the end of the apply',
      timeoutMs: 20_000,
    });
    assert.equal(await bed.get({ apiVersion: hook.apiVersion, kind: hook.kind, name: bed.name }), undefined);
  },
);
