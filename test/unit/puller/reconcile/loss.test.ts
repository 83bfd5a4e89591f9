// What is told of drift: fields by name, and no secret that an item of a set is named by.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDesired } from '../../../../puller/reconcile/desired.ts';
import { lossOf } from '../../../../puller/reconcile/loss.ts';
import { fieldManagerOf } from '../../../../puller/reconcile/owner.ts';
import { createTracked } from '../../../../puller/reconcile/tracked.ts';
import { configMapKind } from '../../../helpers/keepers.ts';

test('an item of a set that came of a Secret is not named by its value', () => {
  const owner = {
    ownerId: 'a',
    namespace: 'shop',
    name: 'a',
    hashKey: Buffer.from('key'),
    hide: (text: string) => text.replaceAll('open-sesame', '…'),
  };
  const resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } };
  const fields = { 'f:words': { 'v:"open-sesame"': {} } };
  const object = createTracked('a', toDesired(resource, configMapKind, owner), {
    hash: '',
    time: '',
    uid: '',
    fieldsText: JSON.stringify(fields),
  });
  const managedFields = [{ manager: fieldManagerOf('a'), operation: 'Apply', fieldsV1: { 'f:words': {} } }];
  const metadata = { name: 'one', uid: 'u', resourceVersion: '2', managedFields };
  assert.deepEqual(lossOf(object, metadata).fields, ['.words["…"]']);
});
