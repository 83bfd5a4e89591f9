// Whom to believe, by the inputs of promote and verify: exactly one way to say it, and all that it needs.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Problems } from '../../../action/shared/problems.ts';
import { readTrust, type Trust } from '../../../action/shared/trust-inputs.ts';
import { createTrustDomain, rootTextOf } from '../../helpers/certified.ts';
import { publicPemOf, signerNamed } from '../../helpers/signers.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const nothing = {
  policy: '',
  namespace: '',
  'public-key': '',
  'certificate-identity': '',
  'certificate-identity-regexp': '',
  'certificate-oidc-issuer': '',
  'trusted-root': '',
};
const identity = {
  'certificate-identity': 'https://github.example/org/app/.github/workflows/a.yml@refs/heads/main',
  'certificate-oidc-issuer': 'https://issuer.example',
  'trusted-root': 'root.json',
};
const pem = publicPemOf(await signerNamed('release'));
const root = rootTextOf(createTrustDomain());

type Given = Partial<Readonly<Record<keyof typeof nothing, string>>>;

async function read(
  t: Parameters<typeof makeTempDir>[0],
  given: Given,
): Promise<{ readonly trust: Trust | undefined; readonly problems: string }> {
  const workspace = await makeTempDir(t);
  await writeFile(join(workspace, 'root.json'), root);
  const problems = new Problems();
  const nowhere = { serverUrl: undefined, repository: undefined, refName: undefined, refType: undefined };
  const context = {
    ...nowhere,
    workspace,
    commit: undefined,
    eventPath: undefined,
    tokenEndpoint: undefined,
    apiUrl: 'https://api.github.example',
    runUrl: undefined,
    eventName: undefined,
  };
  const trust = await readTrust({ ...nothing, ...given }, context, problems);
  const found = problems.toError()?.errors ?? [];
  return { trust, problems: found.map(({ code, message }) => `${code} | ${message}`).join('\n') };
}

test('keys are authorities by number, an identity by itself', async (t) => {
  const keys = await read(t, { 'public-key': `${pem}\n${pem}` });
  assert.ok(keys.trust !== undefined && 'authorities' in keys.trust);
  assert.deepEqual(
    keys.trust.authorities.map(({ name }) => name),
    ['key 1', 'key 2'],
  );
  const one = await read(t, identity);
  assert.ok(one.trust !== undefined && 'authorities' in one.trust);
  assert.partialDeepStrictEqual(one.trust.authorities[0], {
    name: identity['certificate-identity'],
    keyless: { issuer: 'https://issuer.example', logThreshold: 0, timestampThreshold: 1 },
  });
});

suite('what is refused', () => {
  const cases: readonly (readonly [string, Given, RegExp])[] = [
    ['nothing', {}, /^INPUT_MISSING \| policy: exactly one of policy, public-key, certificate-identity/u],
    ['two ways', { ...identity, 'public-key': pem }, /^INPUT_CONFLICT \| public-key: exactly one of/u],
    [
      'name and pattern',
      { ...identity, 'certificate-identity-regexp': 'a.*' },
      /^INPUT_CONFLICT \| certificate-/u,
    ],
    [
      'an issuer beside a key',
      { 'public-key': pem, 'certificate-oidc-issuer': 'x' },
      /^INPUT_CONFLICT \| certificate-oidc-issuer: has no use with public-key$/u,
    ],
    [
      'no issuer',
      { ...identity, 'certificate-oidc-issuer': '' },
      /^INPUT_MISSING \| certificate-oidc-issuer: /u,
    ],
    ['no root', { ...identity, 'trusted-root': '' }, /^INPUT_MISSING \| trusted-root: /u],
    ['a root that is not there', { ...identity, 'trusted-root': 'x' }, /^FILE_UNREADABLE \| trusted-root: /u],
    [
      'a pattern that is none',
      { ...identity, 'certificate-identity': '', 'certificate-identity-regexp': '(' },
      /^INPUT_INVALID \| certificate-identity-regexp: .*is no regular expression/u,
    ],
    [
      'a pattern of anybody',
      { ...identity, 'certificate-identity': '', 'certificate-identity-regexp': '.*' },
      /^INPUT_INVALID \| certificate-identity-regexp: .*matches the empty subject/u,
    ],
    ['no key', { 'public-key': 'x' }, /^KEY_INVALID \| public-key: /u],
    ['no policy', { policy: 'x' }, /^FILE_UNREADABLE \| policy: /u],
  ];
  for (const [name, given, expected] of cases) {
    test(name, async (t) => {
      const { trust, problems } = await read(t, given);
      assert.match(problems, expected);
      if (!name.startsWith('an issuer')) assert.equal(trust, undefined);
    });
  }
});
