import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { sealift } from '../helpers/cli.ts';
import { pathOf, writeFiles } from '../helpers/render.ts';
import { makePrivatePem, publicPemOf } from '../helpers/signers.ts';
import { encryptFile, makeAgeKey } from '../helpers/sops.ts';
import { withTempDir } from '../helpers/temp.ts';
import { parseSigningKey } from '../../src/signing/keys.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const secret = `apiVersion: v1
kind: Secret
metadata:
  name: login
type: Opaque
stringData:
  # of the database
  user: shop
  password: open-sesame
  empty: ""
`;
const sources = {
  'app.env': 'ZETA=one\nALPHA=two words\n',
  'app.yaml': 'b: 1\na: two\n',
  id_rsa: 'a key\nof two lines\n',
};
const kustomization = `namePrefix: prod-
labels: [{pairs: {team: core}}]
resources: [login.yaml]
generatorOptions: {disableNameSuffixHash: true}
secretGenerator:
  - {name: files, files: [app.env, app.yaml, id_rsa]}
  - {name: lines, envs: [app.env]}
`;

export const behaviour = behaviourOf(
  'what sops has encrypted in a kustomization and its generators is checked and pushed without a key, and applied in clear',
  async (open) => {
    const pem = makePrivatePem();
    const signer = { name: 'ci', key: { data: publicPemOf(await parseSigningKey(pem)) } };
    const bed = await open({ policy: { authorities: [signer], allowTransforms: ['decryption'] } });
    const key = await makeAgeKey();
    await bed.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'age', namespace: bed.name },
      stringData: { 'site.agekey': key.file },
    });
    await withTempDir(async (cwd) => {
      const rule = { encrypted_regex: '^(data|stringData)$' };
      const encrypted = await encryptFile('login.yaml', secret, [key.recipient], { rule });
      const generated: [string, string][] = await Promise.all(
        Object.entries(sources).map(async ([name, text]) => {
          return [`deploy/${name}`, (await encryptFile(name, text, [key.recipient])).toString()];
        }),
      );
      await writeFiles(cwd, {
        'ci.pem': pem,
        ...Object.fromEntries(generated),
        'deploy/login.yaml': encrypted.toString(),
        'deploy/kustomization.yaml': `namespace: ${bed.name}\n${kustomization}`,
      });
      const env = { PATH: await pathOf('kustomize') };
      const checked = await sealift(['check', 'deploy'], { cwd, env });
      assert.equal(checked.code, 0, checked.stderr);
      const target = `${bed.url}:prod`;
      const pushed = await sealift(['push', target, '-f', 'deploy', '--key', 'ci.pem'], { cwd, env });
      assert.equal(pushed.code, 0, pushed.stderr);
    });
    await bed.follow();
    await bed.untilCondition('Ready', 'False', 'NOT_DECRYPTED');
    await bed.setSpec({ decryption: { provider: 'sops', secretRef: { name: 'age' } } });
    await bed.untilCondition('Ready', 'True', '');
    const applied = await bed.get({ apiVersion: 'v1', kind: 'Secret', name: 'prod-login' });
    assert.equal(applied?.metadata.labels?.['team'], 'core');
    assert.deepEqual(applied.data, {
      user: base64('shop'),
      password: base64('open-sesame'),
      empty: '',
    });
    const files = await bed.get({ apiVersion: 'v1', kind: 'Secret', name: 'prod-files' });
    assert.deepEqual(files?.data, {
      'app.env': base64(sources['app.env']),
      'app.yaml': base64('{\n  "b": 1,\n  "a": "two"\n}\n'),
      id_rsa: base64(sources.id_rsa),
    });
    const lines = await bed.get({ apiVersion: 'v1', kind: 'Secret', name: 'prod-lines' });
    assert.deepEqual(lines?.data, { ZETA: base64('one'), ALPHA: base64('two words') });
  },
);
