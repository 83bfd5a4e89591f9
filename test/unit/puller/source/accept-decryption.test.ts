// Whose word counts for an encrypted file whose mac does not fit, as of each that kustomize has rendered: that of who signed
// the artifact, and nobody's where no signature counted.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { acceptTag } from '../../../../puller/source/accept.ts';
import type { AcceptedArtifact } from '../../../../puller/source/accepted-artifact.ts';
import type { ValueSource } from '../../../../puller/source/values.ts';
import { ResourceError } from '../../../../src/errors.ts';
import { createMemoryStore } from '../../../../src/oci/memory-store.ts';
import { parseIdentities } from '../../../../src/render/sops/age.ts';
import { parseSourceUrl } from '../../../../src/trust/source-url.ts';
import type { CompiledPolicy } from '../../../../src/trust/compiled-policy.ts';
import { noPromotions } from '../../../helpers/no-promotions.ts';
import { assertRejectsWithCode } from '../../../helpers/assert-rejects.ts';
import { attestTo, pushFiles } from '../../../helpers/forging.ts';
import { compileInput } from '../../../helpers/policies.ts';
import { noon } from '../../../helpers/published.ts';
import { signerNamed } from '../../../helpers/signers.ts';
import { encryptFile, makeAgeKey } from '../../../helpers/sops.ts';

const key = await makeAgeKey();
const values: ValueSource = {
  hashKey: Buffer.from('k'),
  identities: async () => parseIdentities(key.file) ?? [],
  variables: async () => new Map(),
};
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'login' },
  stringData: { b: 'second', a: 'first' },
};
const rule = { encrypted_regex: '^(data|stringData)$' };

type Options = { readonly signer: string; readonly isRendered: boolean };

async function accept(
  policies: readonly CompiledPolicy[],
  { signer, isRendered }: Options,
): Promise<AcceptedArtifact> {
  const store = createMemoryStore();
  const text = await encryptFile('s.json', JSON.stringify(secret), [key.recipient], { rule });
  const sealed = JSON.parse(text.toString());
  const { b, a } = sealed.stringData;
  const bytes = Buffer.from(JSON.stringify(isRendered ? { ...sealed, stringData: { a, b } } : sealed));
  const artifact = await pushFiles(store, [{ path: 's.json', bytes }], 'prod');
  await attestTo(store, artifact.descriptor, await signerNamed(signer));
  return acceptTag({
    source: store,
    url: parseSourceUrl('oci://registry.site/config/app'),
    tag: 'prod',
    namespace: 'tenant',
    policies: () => policies,
    mayBeUnverified: true,
    transforms: { path: './', decryption: { provider: 'sops', secretRef: { name: 'keys' } } },
    values,
    records: noPromotions,
    healthy: [],
    pullerNamespace: 'sealift-system',
    now: () => noon,
    signal: new AbortController().signal,
    onResolved: () => undefined,
  });
}

const policy = (mode: 'Enforce' | 'Audit'): Promise<CompiledPolicy> =>
  compileInput({ spec: { mode, allowTransforms: ['decryption'] } });

suite('an encrypted file that was rendered is', () => {
  const rendered = { isRendered: true };
  for (const mode of ['Enforce', 'Audit'] as const) {
    test(`decrypted where a policy of mode ${mode} has found its signer`, async () => {
      const { resources, matched } = await accept([await policy(mode)], { ...rendered, signer: 'release' });
      assert.deepEqual(matched, ['policy/release']);
      assert.deepEqual(resources.all(), [secret]);
    });
  }

  const unsigned: readonly (readonly [string, () => Promise<readonly CompiledPolicy[]>])[] = [
    ['no policy matches', async () => []],
    ['a policy that audits lets a stranger pass', async () => [await policy('Audit')]],
  ];
  for (const [name, policies] of unsigned) {
    test(`refused where ${name}, and taken as sops wrote it`, async () => {
      const options = { ...rendered, signer: 'stranger' };
      await assertRejectsWithCode(accept(await policies(), options), ResourceError, 'NOT_DECRYPTED');
      const { resources } = await accept(await policies(), { ...options, isRendered: false });
      assert.deepEqual(resources.all(), [secret]);
    });
  }
});
