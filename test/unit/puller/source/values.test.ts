// What a Delivery's values come to: read as its account, later ones winning, hashed by a key, and kept out of messages.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { postBuildSchema } from '../../../../src/api/delivery-values.ts';
import { InputError, KubeError, ResourceError } from '../../../../src/errors.ts';
import type { KubeRequest } from '../../../../src/kube/request.ts';
import { parseFile } from '../../../../src/resources/parse.ts';
import { createValueSource } from '../../../../puller/source/value-source.ts';
import { fillIn, type Filled } from '../../../../puller/source/values.ts';
import { assertRejectsWithCode } from '../../../helpers/assert-rejects.ts';
import { makeAgeKey } from '../../../helpers/sops.ts';

const never = new AbortController().signal;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const objects: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'configmaps/site': { color: 'blue', size: 'small', 'a.b': 'no variable' },
  'secrets/odd': { odd: base64('a<b&c>\u0001\u000bd') },
  'secrets/site': { size: base64('large\r\n'), password: base64('p"w\nx\n') },
};

function sourceOf(
  asked: KubeRequest[] = [],
  hashKey = base64('k'.repeat(32)),
): ReturnType<typeof createValueSource> {
  const client = {
    request: async (request: KubeRequest) => {
      asked.push(request);
      const data = objects[request.path.replace('/api/v1/namespaces/shop/', '')];
      if (data === undefined) throw new KubeError('KUBE_NOT_FOUND', 'it is not there');
      return { status: 200, headers: {}, body: { data } };
    },
  };
  const metadata = { name: 'app', namespace: 'shop', uid: 'u', resourceVersion: '1' };
  return createValueSource(client, { metadata }, { impersonate: { user: 'deployer' }, hashKey });
}

const both = [
  { kind: 'ConfigMap', name: 'site' },
  { kind: 'Secret', name: 'site' },
];

suite('variables', () => {
  test('are members of objects, read as the account, and of the spec', async () => {
    const asked: KubeRequest[] = [];
    const postBuild = postBuildSchema.parse({ substituteFrom: both, substitute: { color: 'red\n' } });
    const variables = await sourceOf(asked).variables(postBuild, never);
    assert.deepEqual(Object.fromEntries(variables), {
      color: { value: 'red', isSecret: false },
      size: { value: 'large', isSecret: true },
      password: { value: 'p"w\nx', isSecret: true },
    });
    assert.deepEqual(
      asked.map(({ path, impersonate }) => [path, impersonate?.user]),
      [
        ['/api/v1/namespaces/shop/configmaps/site', 'deployer'],
        ['/api/v1/namespaces/shop/secrets/site', 'deployer'],
      ],
    );
  });

  test('of an object that is not there are an outage, unless it is optional', async () => {
    const gone = { kind: 'ConfigMap', name: 'gone' };
    const optional = postBuildSchema.parse({ substituteFrom: [{ ...gone, optional: true }] });
    assert.equal((await sourceOf().variables(optional, never)).size, 0);
    const failed = sourceOf().variables(postBuildSchema.parse({ substituteFrom: [gone] }), never);
    await assertRejectsWithCode(failed, InputError, 'INPUT_MISSING');
    await assert.rejects(failed, (error) => error instanceof InputError && error.retryable);
  });

  test('of many line breaks take no time that grows with their square', async () => {
    const value = `${'\n'.repeat(60_000)}x`;
    const begin = process.cpuUsage();
    const variables = await sourceOf().variables(postBuildSchema.parse({ substitute: { value } }), never);
    assert.ok(process.cpuUsage(begin).user < 2_000_000);
    assert.equal(variables.get('value')?.value, value);
  });

  for (const name of ['1a', 'a-b', '', 'a.b', 'ä']) {
    test(`can not have the name ${JSON.stringify(name)}`, async () => {
      const postBuild = postBuildSchema.parse({ substitute: { [name]: 'x' } });
      await assertRejectsWithCode(sourceOf().variables(postBuild, never), InputError, 'INPUT_INVALID');
    });
  }
});

suite('identities', () => {
  const decryption = { provider: 'sops', secretRef: { name: 'keys' } } as const;
  const ask = (members: Readonly<Record<string, string>> | undefined): Promise<unknown> => {
    const data = Object.fromEntries(Object.entries(members ?? {}).map(([key, text]) => [key, base64(text)]));
    const client = {
      request: async () => {
        if (members === undefined) throw new KubeError('KUBE_NOT_FOUND', 'it is not there');
        return { status: 200, headers: {}, body: { data } };
      },
    };
    const metadata = { name: 'app', namespace: 'shop', uid: 'u', resourceVersion: '1' };
    const options = { impersonate: undefined, hashKey: base64('k') };
    return createValueSource(client, { metadata }, options).identities(decryption, never);
  };

  const refused: readonly (readonly [string, Readonly<Record<string, string>> | undefined, string])[] = [
    ['of a Secret that is not there', undefined, 'INPUT_MISSING'],
    ['of a Secret without any', { 'a.txt': 'AGE-SECRET-KEY-1' }, 'INPUT_INVALID'],
    ['of an empty file', { 'a.agekey': '# nothing\n' }, 'INPUT_INVALID'],
    ['that are none', { 'a.agekey': 'AGE-SECRET-KEY-1MINE' }, 'INPUT_INVALID'],
  ];
  test('of a Secret that is full of them are refused at once', async () => {
    const { file } = await makeAgeKey();
    const begin = process.cpuUsage();
    const many = Object.fromEntries(['a', 'b', 'c'].map((one) => [`${one}.agekey`, file.repeat(4000)]));
    await assert.rejects(
      ask(many),
      (error) => error instanceof InputError && error.message.includes('more than 64 age identities'),
    );
    assert.ok(process.cpuUsage(begin).user < 1_000_000);
  });

  for (const [what, members, code] of refused) {
    test(`${what} are refused, and nothing of them is told`, async () => {
      await assert.rejects(
        ask(members),
        (error) => error instanceof InputError && error.code === code && !/MINE/u.test(error.message),
      );
    });
  }
});

async function filled(spec: object, template: string, hashKey?: string): Promise<Filled & { text: string }> {
  const postBuild = postBuildSchema.parse(spec);
  const found = await fillIn(
    { path: './', postBuild },
    { source: sourceOf([], hashKey), isSigned: false },
    never,
  );
  assert.ok(found?.substitute !== undefined);
  const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: '${template}'}\n`;
  const [resource] = found.substitute(parseFile('a.yaml', Buffer.from(text)).resources);
  return { ...found, text: JSON.stringify(resource?.['data']) };
}

suite('what is filled in', () => {
  test('has a key by the values that were used, and by the Delivery', async () => {
    const keyOf = async (substitute: object, template: string, hashKey?: string): Promise<string> =>
      (await filled({ substitute }, template, hashKey)).key();
    const key = await keyOf({ a: '1', b: '2' }, '${a}');
    assert.match(key, /^ values:[\w-]{43}$/u);
    assert.equal(await keyOf({ a: '1', b: '3' }, '${a}'), key);
    assert.notEqual(await keyOf({ a: '2' }, '${a}'), key);
    assert.notEqual(await keyOf({ a: '1' }, '${a}', base64('other'.repeat(8))), key);
    assert.equal(await keyOf({ a: '1' }, 'plain'), '');
    assert.notEqual(await keyOf({ b: '1' }, '${a:=1}'), await keyOf({ a: '1' }, '${a:=1}'));
  });

  test('is nothing where there is no variable, unless it is asked for', async () => {
    assert.equal((await filled({}, '${a:=1}')).text, '{"k":"${a:=1}"}');
    assert.equal((await filled({ substituteStrategy: 'Always' }, '${a:=1}')).text, '{"k":"1"}');
  });

  test('keeps what comes of Secrets out of texts, also as servers quote it', async () => {
    const hide = (await filled({ substituteFrom: both }, 'x ${password} ${color} ${size^^}')).hide();
    assert.equal(
      hide?.('got p"w\nx, "p\\"w\\nx" and LARGE, which is no blue'),
      'got …, "…" and …, which is no blue',
    );
    assert.equal((await filled({ substituteFrom: both }, '${color}')).hide(), undefined);
  });

  test('keeps them out also as Go writes them', async () => {
    const hide = (await filled({ substituteFrom: [{ kind: 'Secret', name: 'odd' }] }, '${odd}')).hide();
    assert.equal(hide?.('got "a\\u003cb\\u0026c\\u003e\\u0001\\u000bd", "a<b&c>\\x01\\vd"'), 'got "…", "…"');
  });
});

test('what is encrypted outside of the folder is left out, and inside refused where nothing decrypts it', async () => {
  const value = 'ENC[AES256_GCM,data:aa==,iv:aa==,tag:aa==,type:str]';
  const bytes = Buffer.from(JSON.stringify({ kind: value, sops: { mac: value } }));
  const clear = { path: 'dev/b.yaml', bytes: Buffer.from('kind: X\n') };
  const { decrypt } = await fillIn({ path: './prod' }, { source: undefined, isSigned: true }, never);
  assert.deepEqual(await decrypt([{ path: 'dev/a.yaml', bytes }, clear]), [clear]);
  await assertRejectsWithCode(decrypt([{ path: 'prod/a.yaml', bytes }]), ResourceError, 'NOT_DECRYPTED');
});
