import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SigningError } from '../../../../src/errors.ts';
import { signingLimits } from '../../../../src/limits.ts';
import type { Ask } from '../../../../src/signing/keyless/ask.ts';
import {
  fetchGithubToken,
  githubTokenEndpoint,
  looksLikeToken,
  parseIdentityToken,
} from '../../../../src/signing/keyless/identity-token.ts';
import { assertRejectsWithCode, assertThrowsWithCode } from '../../../helpers/assert-rejects.ts';

const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln';

suite('a token', () => {
  test('stands alone in its file', () => {
    assert.equal(parseIdentityToken(`${token}\n`, 'file'), token);
    assert.ok(looksLikeToken(token));
    for (const text of ['token', './token.jwt', 'a/b.c', 'env://TOKEN', '-'])
      assert.ok(!looksLikeToken(text));
  });

  for (const text of [
    '',
    'secret words',
    `${token} ${token}`,
    `${token}.x`,
    '..',
    'a.b.'.padEnd(100_000, 'c'),
  ]) {
    test(`${JSON.stringify(text.slice(0, 30))} is refused, and not repeated`, () => {
      const { message } = assertThrowsWithCode(
        () => parseIdentityToken(text, 'file'),
        SigningError,
        'IDENTITY_TOKEN_UNAVAILABLE',
      );
      assert.equal(message, 'file holds no identity token');
    });
  }
  assert.ok(signingLimits.identityTokenBytes < 100_000);
});

suite('a job of GitHub Actions', () => {
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: 'https://h/t?api-version=2',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret',
  };

  test('has an endpoint where both variables are set', () => {
    assert.deepEqual(githubTokenEndpoint(env), { url: 'https://h/t?api-version=2', token: 'secret' });
    assert.equal(githubTokenEndpoint({ ...env, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined }), undefined);
    assert.equal(githubTokenEndpoint({ ...env, ACTIONS_ID_TOKEN_REQUEST_URL: '' }), undefined);
  });

  const answering =
    (body: string): Ask =>
    async ({ url, headers, method }) => {
      assert.equal(url.href, 'https://h/t?api-version=2&audience=sigstore');
      assert.deepEqual(
        [method, headers],
        ['GET', { authorization: 'bearer secret', accept: 'application/json' }],
      );
      return { status: 200, body: Buffer.from(body), header: () => undefined };
    };

  const endpoint = { url: env.ACTIONS_ID_TOKEN_REQUEST_URL, token: 'secret' };

  test('asks for a token with the audience of Sigstore', async () => {
    assert.equal(
      await fetchGithubToken(answering(JSON.stringify({ count: 1, value: token })), endpoint),
      token,
    );
  });

  for (const body of ['', '{}', '{"value":1}', '{"value":"no token"}']) {
    test(`the answer ${body} is refused`, async () => {
      await assertRejectsWithCode(
        fetchGithubToken(answering(body), endpoint),
        SigningError,
        'IDENTITY_TOKEN_UNAVAILABLE',
      );
    });
  }

  test('gives its secret to no plain address', async () => {
    for (const url of ['http://h/t', 'h', 'ftp://h']) {
      await assertRejectsWithCode(
        fetchGithubToken(() => assert.fail('asked'), { url, token: 'secret' }),
        SigningError,
        'IDENTITY_TOKEN_UNAVAILABLE',
      );
    }
  });
});
