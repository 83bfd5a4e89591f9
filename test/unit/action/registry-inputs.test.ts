// How the registry is reached, by the inputs that all actions share: credentials, time and tries.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readInputs, type Inputs } from '../../../action/verify/inputs.ts';
import { FailuresError } from '../../../src/errors.ts';
import { readDefaults } from '../../helpers/action-defaults.ts';
import { publicPemOf, signerNamed } from '../../helpers/signers.ts';
import { makeHost } from './fake-host.ts';

const valid = {
  ...(await readDefaults('verify')),
  repository: 'oci://h/app',
  version: '1.0',
  'public-key': publicPemOf(await signerNamed('release')),
};
const password = 'hush: hush ';

async function read(
  given: Readonly<Record<string, string>>,
): Promise<Inputs & { readonly log: readonly string[] }> {
  const { host, log } = makeHost({ ...valid, ...given });
  const nowhere = { serverUrl: undefined, repository: undefined, refName: undefined, refType: undefined };
  const context = {
    ...nowhere,
    commit: undefined,
    eventPath: undefined,
    tokenEndpoint: undefined,
    apiUrl: 'https://api.github.example',
    runUrl: undefined,
    eventName: undefined,
  };
  return { ...(await readInputs(host, { ...context, workspace: '/' })), log };
}

suite('what is read', () => {
  test('a user with the password as it is, which is masked in each form', async () => {
    const given = { 'registry-username': ' ci ', 'registry-password': `${password}\n` };
    const { registry, log } = await read(given);
    const { credential } = registry;
    assert.ok(credential?.kind === 'password');
    assert.deepEqual([credential.user, credential.password.reveal()], ['ci', password]);
    const header = Buffer.from(`ci:${password}`).toString('base64');
    for (const secret of [password, header]) assert.ok(log.includes(`mask ${secret}`));
    assert.ok(!JSON.stringify(registry).includes('hush'));
  });

  test('time and tries', async () => {
    const { registry } = await read({ timeout: '1m30s', retries: '0' });
    assert.deepEqual([registry.timeoutMs, registry.tries], [90_000, 1]);
  });
});

suite('what is refused', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    [
      'a user alone',
      { 'registry-username': 'ci' },
      /^INPUT_MISSING \| registry-password: is missing beside/u,
    ],
    [
      'a password alone',
      { 'registry-password': password },
      /^INPUT_MISSING \| registry-username: is missing/u,
    ],
    [
      'a user with a colon',
      { 'registry-username': 'a:b', 'registry-password': password },
      /^INPUT_INVALID \| registry-username: /u,
    ],
    [
      'a user too long',
      { 'registry-username': 'a'.repeat(40_000), 'registry-password': 'b' },
      /registry-username: is too long/u,
    ],
    ['no time', { timeout: '' }, /^INPUT_INVALID \| timeout: /u],
    [
      'a time too short',
      { timeout: '10ms' },
      /^INPUT_INVALID \| timeout: "10ms" is no duration from 1s to 24h/u,
    ],
    ['a time too long', { timeout: '25h' }, /^INPUT_INVALID \| timeout: /u],
    ['no number', { retries: 'many' }, /^INPUT_INVALID \| retries: "many" is no number from 0 to 20/u],
    ['a number below zero', { retries: '-1' }, /^INPUT_INVALID \| retries: /u],
    ['a number too high', { retries: '21' }, /^INPUT_INVALID \| retries: /u],
  ];
  for (const [name, given, expected] of cases) {
    test(name, async () => {
      const error = await read(given).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof FailuresError);
      const problems = error.errors.map(({ code, message }) => `${code} | ${message}`);
      assert.match(problems.join('\n'), expected);
      assert.ok(!problems.join('\n').includes('hush'));
    });
  }
});
