import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf('a digest is followed, whatever tags do', async (open) => {
  const bed = await open();
  const pinned = await bed.publish([bed.configMap('settings', { version: 'pinned' })], 'prod');
  const { digest } = pinned.descriptor;
  // A digest comes before everything else that ref names.
  await bed.follow({ source: { url: bed.url, interval: '1h', ref: { digest, semver: '1.x', tag: 'prod' } } });
  const { status } = await bed.until(
    'the digest',
    ({ status: found }) => found?.lastAppliedRevision === digest,
  );
  assert.equal(status?.artifact?.revision, digest);
  await bed.publish([bed.configMap('settings', { version: 'newer' })], 'prod');
  await bed.look();
  const object = await bed.get(configMapOf('settings'));
  assert.equal(object?.data?.['version'], 'pinned');
});
