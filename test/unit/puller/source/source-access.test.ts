// What a Delivery's Secrets and its account's pull Secrets give, and how often they are read.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createAccessReader } from '../../../../puller/source/source-access.ts';
import { deliverySchema, type Delivery } from '../../../../src/api/delivery.ts';
import { InputError, KubeError } from '../../../../src/errors.ts';
import type { KubeClient, KubeRequest } from '../../../../src/kube/request.ts';
import { pullerLimits } from '../../../../src/limits.ts';
import { assertRejectsWithCode } from '../../../helpers/assert-rejects.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

const impersonate = { user: 'system:serviceaccount:shop:deployer' };

function deliveryOf(source: object): Delivery {
  return deliverySchema.parse({
    metadata: { namespace: 'shop', name: 'app', uid: 'uid', resourceVersion: '1' },
    spec: { source: { url: 'oci://registry.site/app', ref: { tag: 'prod' }, ...source }, prune: true },
  });
}

/** Account `puller` has these pull Secrets, all of which are there but `absent`. */
function clusterOf(names: readonly string[]): { readonly client: KubeClient; readonly asked: string[] } {
  const asked: string[] = [];
  const client = answeringClient(({ path, impersonate: as }: KubeRequest) => {
    assert.deepEqual(as, impersonate);
    const [plural, name = ''] = path.split('/').slice(-2);
    asked.push(name);
    if (plural === 'serviceaccounts') return { imagePullSecrets: names.map((one) => ({ name: one })) };
    if (name === 'absent') throw new KubeError('KUBE_NOT_FOUND', `secrets "${name}" not found`);
    if (name === 'denied') throw new KubeError('KUBE_FORBIDDEN', 'cannot get resource "secrets"');
    return { data: { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') } };
  });
  return { client, asked };
}

suite('pull Secrets of a service account', () => {
  test('come after secretRef; one that is not there is passed over', async () => {
    const { client, asked } = clusterOf(['one', 'absent', 'two']);
    const reader = createAccessReader(client, () => impersonate);
    const delivery = deliveryOf({ secretRef: { name: 'own' }, serviceAccountName: 'puller' });
    const { credentials } = await reader.read(delivery, true);
    assert.deepEqual(
      credentials.map(({ name }) => name),
      ['Secret shop/own', 'Secret shop/one', 'Secret shop/two'],
    );
    assert.deepEqual(asked, ['own', 'puller', 'one', 'absent', 'two']);
  });

  test('are read again where a fresh reading is asked for, and not before', async () => {
    const { client, asked } = clusterOf(['one']);
    const reader = createAccessReader(client, () => impersonate);
    const delivery = deliveryOf({ serviceAccountName: 'puller' });
    for (const isFresh of [false, false, true]) await reader.read(delivery, isFresh);
    assert.deepEqual(asked, ['puller', 'one', 'puller', 'one']);
  });

  test('are not asked for where no account is named', async () => {
    const { client, asked } = clusterOf(['one']);
    const { credentials } = await createAccessReader(client, () => impersonate).read(deliveryOf({}), true);
    assert.deepEqual([credentials, asked], [[], []]);
  });

  test('that the account may not read are no absence', async () => {
    const { client } = clusterOf(['denied']);
    const reader = createAccessReader(client, () => impersonate);
    await assertRejectsWithCode(
      reader.read(deliveryOf({ serviceAccountName: 'puller' }), true),
      KubeError,
      'KUBE_FORBIDDEN',
    );
  });

  test('have a bound, and names that lead nowhere else', async () => {
    const many = Array.from({ length: pullerLimits.imagePullSecrets + 1 }, (_, index) => `s${index}`);
    for (const names of [many, ['../../kube-system/secrets/x']]) {
      const reader = createAccessReader(clusterOf(names).client, () => impersonate);
      await assertRejectsWithCode(
        reader.read(deliveryOf({ serviceAccountName: 'puller' }), true),
        InputError,
        'INPUT_INVALID',
      );
    }
  });
});
