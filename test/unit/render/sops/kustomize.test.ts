// What the real sops has encrypted and the real kustomize has rendered: it is in clear what kustomize would have made of
// the clear files. A signature stands for the mac, which the order of members breaks.
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { ResourceError } from '../../../../src/errors.ts';
import { parseIdentities } from '../../../../src/render/sops/age.ts';
import { decryptFiles } from '../../../../src/render/sops/decrypt.ts';
import { readResources, type SourceFile } from '../../../../src/resources/validate.ts';
import type { Resource } from '../../../../src/resources/resource.ts';
import { assertThrowsWithCode } from '../../../helpers/assert-rejects.ts';
import { makeCheckout, render } from '../../../helpers/render.ts';
import { encryptFile, makeAgeKey } from '../../../helpers/sops.ts';

const key = await makeAgeKey();
const identities = parseIdentities(key.file) ?? [];
const rule = { encrypted_regex: '^(data|stringData|spec)$' };

const secrets = `apiVersion: v1
kind: Secret
metadata: {name: login}
type: Opaque
stringData:
  # which sops encrypts, too
  zeta: "0123"
  alpha: |
    two
    lines
  empty: ""
---
apiVersion: v1
kind: Secret
metadata:
  name: other
data: {b: Yg==, a: YQ==}
---
apiVersion: example.org/v1
kind: Database
metadata: {name: db}
spec:
  # of a list
  users: [{pass: x, name: b}, {pass: y, name: a}]
  port: 5432
  ratio: 0.5
  tls: true
  none: null
`;

const changes = `namespace: shop
namePrefix: prod-
labels: [{pairs: {team: core}}]
commonAnnotations: {docs: there}
resources: [secrets.yaml]
`;

async function renderSecrets(
  t: TestContext,
  text: string,
  kustomization: string,
): Promise<readonly SourceFile[]> {
  const files = { 'secrets.yaml': text, 'kustomization.yaml': kustomization };
  return (await render(await makeCheckout(t, files)))?.files ?? [];
}

async function encrypt(text: string, rules: object = rule): Promise<string> {
  return (await encryptFile('secrets.yaml', text, [key.recipient], { rule: rules })).toString();
}

function objectsOf(files: readonly SourceFile[]): readonly Resource[] {
  return readResources(files).map(({ resource }) => resource);
}

suite('what kustomize has rendered', () => {
  test('is decrypted to what it makes of the same in clear, where it is signed', async (t) => {
    const rendered = await renderSecrets(t, await encrypt(secrets), changes);
    assert.equal(rendered.length, 3);
    assert.ok(!JSON.stringify(objectsOf(rendered)).includes('0123'));
    const { files } = decryptFiles(rendered, { identities, isSigned: true });
    assert.deepEqual(objectsOf(files), objectsOf(await renderSecrets(t, secrets, changes)));
  });

  test('is refused where nothing but its mac could tell that it is whole', async (t) => {
    const rendered = await renderSecrets(t, await encrypt(secrets), changes);
    assertThrowsWithCode(
      () => decryptFiles(rendered, { identities, isSigned: false }),
      ResourceError,
      'NOT_DECRYPTED',
    );
  });

  test('has its mac where the order is that of kustomize, and nothing in clear counts', async (t) => {
    const text =
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  a: one\n  b: two\ntype: Opaque\n';
    const sealed = await encrypt(text, { ...rule, mac_only_encrypted: true });
    const rendered = await renderSecrets(t, sealed, changes);
    const { files } = decryptFiles(rendered, { identities, isSigned: false });
    assert.deepEqual(objectsOf(files), objectsOf(await renderSecrets(t, text, changes)));
  });

  const patches: readonly (readonly [string, string])[] = [
    [
      'a patch adds a value in clear beside them',
      'patches: [{patch: "{apiVersion: v1, kind: Secret, metadata: {name: login}, stringData: {more: clear}}"}]\n',
    ],
    [
      'a replacement moves a value to another member',
      'replacements: [{source: {kind: Secret, name: login, fieldPath: stringData.zeta}, targets: [{select: {kind: Secret, name: login}, fieldPaths: [stringData.moved], options: {create: true}}]}]\n',
    ],
    [
      'a replacement copies a value into an object that is not encrypted',
      'configMapGenerator: [{name: c, literals: [a=b]}]\nreplacements: [{source: {kind: Secret, name: login, fieldPath: stringData.zeta}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]}]\n',
    ],
    [
      'a replacement moves a value to where nothing is encrypted',
      'replacements: [{source: {kind: Secret, name: login, fieldPath: stringData.zeta}, targets: [{select: {kind: Secret, name: login}, fieldPaths: [metadata.annotations.moved], options: {create: true}}]}]\n',
    ],
  ];
  for (const [name, patch] of patches) {
    test(`is refused where ${name}`, async (t) => {
      const rendered = await renderSecrets(t, await encrypt(secrets), `resources: [secrets.yaml]\n${patch}`);
      assertThrowsWithCode(
        () => decryptFiles(rendered, { identities, isSigned: true }),
        ResourceError,
        'NOT_DECRYPTED',
      );
    });
  }
});
