// A hole in acceptance that a review found: a local rollback that can not be had must not take what is promoted away.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { acceptTag } from '../../../../puller/source/accept.ts';
import type { AcceptedArtifact, AcceptRequest } from '../../../../puller/source/accepted-artifact.ts';
import { ContentError, RegistryError } from '../../../../src/errors.ts';
import type { ContentStore } from '../../../../src/oci/content-store.ts';
import type { Digest } from '../../../../src/oci/digest.ts';
import { parseSourceUrl } from '../../../../src/trust/source-url.ts';
import { assertRejectsWithCode } from '../../../helpers/assert-rejects.ts';
import { watchStore } from '../../../helpers/failing-store.ts';
import { createMemoryStore } from '../../../../src/oci/memory-store.ts';
import { compileInput } from '../../../helpers/policies.ts';
import { promoteTo } from '../../../helpers/promotions.ts';
import { noon, publishValue } from '../../../helpers/published.ts';

type Rollback = {
  readonly store: ContentStore;
  readonly former: Digest;
  readonly promoted: Digest;
  accept(options?: { readonly source?: ContentStore; readonly spec?: object }): Promise<AcceptedArtifact>;
};

/** Sequence 2 is promoted, and a cluster admin wants to return from it to sequence 1, which was healthy. */
async function makeRollback(): Promise<Rollback> {
  const store = createMemoryStore();
  const { digest: former } = await publishValue(store, 'a', '1.0');
  const { digest: promoted } = await publishValue(store, 'b', '2.0');
  const { statementDigest } = await promoteTo(store, '1.0', { repository: 'config/app' });
  await promoteTo(store, '2.0', { repository: 'config/app' });
  const promotion = { localRollback: 'Previous', channels: [{ tag: 'prod', authorities: ['promoter'] }] };
  return {
    store,
    former,
    promoted,
    accept: async ({ source = store, spec = {} } = {}) => {
      const policies = [await compileInput({ promotion, spec })];
      const request: AcceptRequest = {
        source,
        url: parseSourceUrl('oci://registry.site/config/app'),
        tag: 'prod',
        namespace: 'tenant',
        policies: () => policies,
        mayBeUnverified: false,
        transforms: { path: './' },
        records: {
          onEvent: () => false,
          rollbackFrom: () => 2,
          highest: () => undefined,
          raise: async () => undefined,
          refresh: async () => undefined,
        },
        healthy: [{ digest: former, channel: 'prod', sequence: 1, statementDigest }],
        pullerNamespace: 'sealift-system',
        now: () => noon,
        signal: new AbortController().signal,
        onResolved: () => undefined,
      };
      return acceptTag(request);
    },
  };
}

/** A registry that fails for one digest. */
function failingFor(store: ContentStore, digest: Digest, error: Error): ContentStore {
  return watchStore(store, ({ method, subject }) => {
    if (method === 'resolve' && subject === digest) throw error;
  });
}

suite('a local rollback', () => {
  test('returns to the artifact before', async () => {
    const { accept, former } = await makeRollback();
    const { digest, rolledBackFrom, warnings } = await accept();
    assert.deepEqual([digest, rolledBackFrom, warnings], [former, 2, []]);
  });

  const refusals: readonly (readonly [string, (rollback: Rollback) => Parameters<Rollback['accept']>[0]])[] =
    [
      ['is denied by now', ({ former }) => ({ spec: { deniedDigests: [former] } })],
      [
        'is no longer in the registry',
        ({ store, former }) => ({
          source: failingFor(store, former, new ContentError('CONTENT_MISSING', 'it is not there')),
        }),
      ],
    ];
  for (const [name, optionsOf] of refusals) {
    test(`to one that ${name} keeps what is promoted, with a warning`, async () => {
      const rollback = await makeRollback();
      const { digest, rolledBackFrom, warnings } = await rollback.accept(optionsOf(rollback));
      assert.deepEqual([digest, rolledBackFrom], [rollback.promoted, undefined]);
      assert.match(warnings.join('\n'), /^ROLLBACK_NOT_ALLOWED: sequence 2 /u);
    });
  }

  test('that an outage prevents is tried again', async () => {
    const { accept, store, former } = await makeRollback();
    const error = new RegistryError('REGISTRY_UNAVAILABLE', 'it is down', { retryable: true });
    await assertRejectsWithCode(
      accept({ source: failingFor(store, former, error) }),
      RegistryError,
      'REGISTRY_UNAVAILABLE',
    );
  });
});
