import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffArtifacts } from '../../../src/operations/diff.ts';
import { readResources } from '../../../src/resources/validate.ts';

const read = (text: string) => readResources([{ path: 'a.yaml', bytes: Buffer.from(text) }]);
const secret = (value: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\ndata: {password: ${value}}\n---\n`;
const config = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: ${value}, same: x}\n---\n`;

test('deletes come first, then what is applied in its order, each with its text', () => {
  const { changes, unchanged } = diffArtifacts({
    before: read(config('old', 'x') + config('b', 'x') + config('same', 'x')),
    after: read(
      `${config('same', 'x')}${config('b', 'z')}apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n`,
    ),
  });
  assert.equal(unchanged, 1);
  assert.deepEqual(
    changes.map(({ action, name, fields }) => [action, name, fields]),
    [
      ['deleted', 'ConfigMap old', []],
      ['created', 'Namespace shop', []],
      ['configured', 'ConfigMap b', ['data.a']],
    ],
  );
  assert.equal(
    changes[2]?.text,
    '--- a/ConfigMap b\n+++ b/ConfigMap b\n@@ -1,6 +1,6 @@\n apiVersion: v1\n data:\n-  a: x\n+  a: z\n   same: x\n kind: ConfigMap\n metadata:\n',
  );
  assert.match(changes[0]?.text ?? '', /^--- a\/ConfigMap old\n\+\+\+ \/dev\/null\n@@ -1,7 \+0,0 @@\n/u);
});

test('values of Secrets are not shown, that they changed is', () => {
  const { changes } = diffArtifacts({ before: read(secret('b2xk')), after: read(secret('bmV3')) });
  assert.match(
    changes[0]?.text ?? '',
    /^-  password: "\*\*\* \(before\)"\n\+  password: "\*\*\* \(after\)"$/mu,
  );
  assert.doesNotMatch(JSON.stringify(changes), /b2xk|bmV3/u);
  const created = diffArtifacts({ before: [], after: read(secret('bmV3')) });
  assert.doesNotMatch(JSON.stringify(created), /bmV3/u);
});

test('equal artifacts have no changes, in whatever order their objects stand', () => {
  const [one, other] = [config('a', 'x') + config('b', 'x'), config('b', 'x') + config('a', 'x')];
  assert.deepEqual(diffArtifacts({ before: read(one), after: read(other) }), { changes: [], unchanged: 2 });
});
