import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { encryptFile, makeAgeKey } from '../helpers/sops.ts';

const secretOf = { apiVersion: 'v1', kind: 'Secret', name: 'login' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const behaviour = behaviourOf(
  'what sops has encrypted for age is applied in clear, by identities of a Secret, where policies allow it, and never as it is',
  async (open) => {
    const bed = await open({ policy: { allowTransforms: ['substitution'] } });
    const [key, other] = await Promise.all([makeAgeKey(), makeAgeKey()]);
    const encrypt = async (password: string): Promise<object> => {
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'login' },
        stringData: { password, host: '${host:=db}' },
      };
      const rule = { encrypted_regex: '^(data|stringData)$' };
      const bytes = await encryptFile('s.json', JSON.stringify(secret), [key.recipient], { rule });
      return JSON.parse(bytes.toString()) as object; // an object went in
    };
    await bed.publish([await encrypt('open-sesame'), bed.configMap('plain', { k: 'v' })]);
    await bed.follow();
    await bed.untilCondition('Ready', 'False', 'NOT_DECRYPTED');
    assert.equal(await bed.get(secretOf), undefined);

    await bed.setSpec({ decryption: { provider: 'sops', secretRef: { name: 'age' } } });
    await bed.untilCondition('Ready', 'False', 'TRANSFORM_NOT_ALLOWED');
    await bed.setPolicy({ allowTransforms: ['decryption', 'substitution'] });
    const keys = (text: string): object => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'age', namespace: bed.name },
      stringData: { 'site.agekey': text, 'other.txt': 'nothing' },
    });
    await bed.apply(keys(other.file));
    await bed.look();
    await bed.untilCondition('Ready', 'False', 'none of the 1 identities is one');
    await bed.apply(keys(`${other.file}\n${key.file}`), { force: true });
    await bed.look();
    await bed.untilCondition('Ready', 'True', '');
    assert.deepEqual((await bed.get(secretOf))?.data, {
      password: base64('open-sesame'),
      host: base64('${host:=db}'),
    });

    // Without the key what runs is kept, and corrected; what is new waits.
    await bed.remove({ apiVersion: 'v1', kind: 'Secret', name: 'age' });
    await bed.publish([await encrypt('new-sesame')]);
    await bed.look();
    await bed.edit(configMapOf('plain'), { data: { k: 'theirs' } });
    await bed.untilObject(configMapOf('plain'), 'as it was', ({ data }) => data?.['k'] === 'v');
    assert.equal((await bed.get(secretOf))?.data?.['password'], base64('open-sesame'));
    await bed.apply(keys(key.file));
    await bed.setSpec({ postBuild: { substituteStrategy: 'Always' } });
    await bed.untilObject(secretOf, 'new', ({ data }) => data?.['password'] === base64('new-sesame'));
    assert.equal((await bed.get(secretOf))?.data?.['host'], base64('db'));
    await bed.untilGone(configMapOf('plain'));

    const told = JSON.stringify([await bed.delivery(), await bed.events(), await bed.puller().readLog()]);
    assert.ok(!/-sesame|AGE-SECRET-KEY/u.test(told));
  },
);
