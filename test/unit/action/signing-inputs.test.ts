// Who signs, by the inputs: ways that exclude each other, the services of an instance, and whether the public instance
// may hear of the repository. All problems at once, and nothing is asked of anybody.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { readInputs } from '../../../action/promote/inputs.ts';
import { readInputs as readPublish } from '../../../action/publish/inputs.ts';
import type { RunContext } from '../../../action/shared/context.ts';
import type { Signing } from '../../../action/shared/signing-inputs.ts';
import { FailuresError } from '../../../src/errors.ts';
import { publicServices } from '../../../src/signing/keyless/services.ts';
import { readDefaults } from '../../helpers/action-defaults.ts';
import { createTrustDomain, rootTextOf } from '../../helpers/certified.ts';
import { makePrivatePem } from '../../helpers/signers.ts';
import { makeTempDir } from '../../helpers/temp.ts';
import { makeHost } from './fake-host.ts';

type Given = Readonly<Record<string, string>>;

const key = makePrivatePem();
const trustedRoot = rootTextOf(createTrustDomain());
const publish: Given = { ...(await readDefaults()), repository: 'oci://h/app', path: '.', tags: '1.0' };
const promote: Given = {
  ...(await readDefaults('promote')),
  repository: 'oci://h/app',
  from: '1.0',
  to: 'production',
};
const own: Given = {
  'fulcio-url': 'https://fulcio.site',
  'rekor-url': 'https://rekor.site',
  'timestamp-url': 'https://times.site',
  'trusted-root': 'root.json',
};

async function makeContext(t: TestContext, repository?: object): Promise<RunContext> {
  const workspace = await makeTempDir(t);
  await writeFile(join(workspace, 'root.json'), trustedRoot);
  const eventPath = join(workspace, 'event.json');
  if (repository !== undefined) await writeFile(eventPath, JSON.stringify({ repository }));
  return {
    workspace,
    serverUrl: 'https://github.com',
    repository: 'org/app',
    refName: 'main',
    refType: 'branch',
    commit: undefined,
    apiUrl: 'https://api.github.example',
    runUrl: undefined,
    eventName: undefined,
    eventPath: repository === undefined ? undefined : eventPath,
    tokenEndpoint: { url: 'https://issuer.site/token', token: 'request-secret' },
  };
}

const open = { full_name: 'org/app', private: false, visibility: 'public' };

async function read(context: RunContext, given: Given): Promise<Signing> {
  return (await readPublish(makeHost({ ...publish, ...given }).host, context)).signing;
}

async function problemsOf(work: Promise<unknown>): Promise<readonly string[]> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof FailuresError, String(error));
    return error.errors.map(({ code, message, hint }) => `${code} | ${message} | ${hint ?? ''}`);
  }
  return [];
}

suite('the way to sign', () => {
  test('is keyless by default, by the public instance for a public repository', async (t) => {
    const signing = await read(await makeContext(t, open), {});
    assert.partialDeepStrictEqual(signing, { way: 'keyless', services: publicServices, root: undefined });
  });

  test('is a key that is given', async (t) => {
    assert.equal((await read(await makeContext(t), { 'signing-key': key })).way, 'key');
  });

  test('is none where that is said', async (t) => {
    assert.deepEqual(await read(await makeContext(t), { sign: 'none' }), { way: 'none' });
    const host = makeHost({ ...promote, 'public-key': 'x', sign: 'none' });
    const problems = await problemsOf(readInputs(host.host, await makeContext(t)));
    assert.match(problems.join('\n'), /^INPUT_INVALID \| sign: is neither keyless nor key \|/mu);
  });

  test('needs no identity in a dry run', async (t) => {
    const context = { ...(await makeContext(t)), tokenEndpoint: undefined };
    assert.deepEqual(await read(context, { 'dry-run': 'true' }), { way: 'none' });
  });
});

suite('the services', () => {
  test('are those of an own instance, with its root', async (t) => {
    const signing = await read(await makeContext(t), own);
    assert.ok(signing.way === 'keyless');
    assert.notEqual(signing.root, undefined);
    assert.deepEqual(signing.services, {
      fulcioUrl: 'https://fulcio.site/',
      logs: [{ url: 'https://rekor.site/', version: 2 }],
      timestampUrls: ['https://times.site/api/v1/timestamp'],
    });
  });

  test('may do without a log, or without timestamps beside Rekor v1', async (t) => {
    const context = await makeContext(t);
    const none = await read(context, { ...own, 'rekor-url': 'none' });
    assert.ok(none.way === 'keyless');
    assert.deepEqual(none.services.logs, []);
    const first = await read(context, { ...own, 'rekor-version': '1', 'timestamp-url': '' });
    assert.ok(first.way === 'keyless');
    assert.deepEqual([first.services.logs[0]?.version, first.services.timestampUrls], [1, []]);
  });
});

suite('what is refused', () => {
  const cases: readonly (readonly [string, Given, readonly RegExp[]])[] = [
    [
      'a key for an identity',
      { sign: 'keyless', 'signing-key': key, ...own },
      [/^INPUT_CONFLICT \| signing-key: /u],
    ],
    ['a key for nobody', { sign: 'none', 'signing-key': key }, [/^INPUT_CONFLICT \| signing-key: /u]],
    [
      'services for a key',
      { 'signing-key': key, ...own, 'allow-public-log': 'true' },
      ['fulcio-url', 'rekor-url', 'timestamp-url', 'allow-public-log'].map(
        (name) => new RegExp(`^INPUT_CONFLICT \\| ${name}: has no use where sign is key`, 'u'),
      ),
    ],
    ['an own authority and no log', { ...own, 'rekor-url': '' }, [/^INPUT_MISSING \| rekor-url: /u]],
    ['an own authority and no time', { ...own, 'timestamp-url': '' }, [/^INPUT_MISSING \| timestamp-url: /u]],
    ['an own authority and no root', { ...own, 'trusted-root': '' }, [/^INPUT_MISSING \| trusted-root: /u]],
    ['a root that is none', { ...own, 'trusted-root': 'event.json' }, [/^INPUT_INVALID \| trusted-root: /u]],
    ['a root that is not there', { ...own, 'trusted-root': 'x' }, [/^FILE_UNREADABLE \| trusted-root: /u]],
    [
      'a service in clear',
      { ...own, 'fulcio-url': 'http://a.site' },
      [/^INPUT_INVALID \| fulcio-url: .*loopback/u],
    ],
    ['a log with credentials', { ...own, 'rekor-url': 'https://a:b@c' }, [/^INPUT_INVALID \| rekor-url: /u]],
    [
      'another version',
      { ...own, 'rekor-version': '3' },
      [/^INPUT_INVALID \| rekor-version: is neither 1 nor 2/u],
    ],
    [
      'all of it at once',
      {
        sign: 'keyless',
        'fulcio-url': 'x',
        'timestamp-url': 'y',
        'rekor-version': '0',
        'allow-public-log': 'z',
      },
      ['fulcio-url', 'rekor-version', 'timestamp-url', 'allow-public-log'].map(
        (name) => new RegExp(`\\| ${name}: `, 'u'),
      ),
    ],
  ];
  for (const [name, given, expected] of cases) {
    test(name, async (t) => {
      const context = await makeContext(t, open);
      const problems = await problemsOf(read(context, given));
      assert.equal(problems.length, expected.length, problems.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(problems[index] ?? '', pattern);
      assert.doesNotMatch(problems.join(), /a:b@/u);
    });
  }

  test('an identity without a policy and without a root', async (t) => {
    const given = { ...promote, 'public-key': 'x' };
    const problems = await problemsOf(readInputs(makeHost(given).host, await makeContext(t, open)));
    assert.match(problems.join('\n'), /^INPUT_MISSING \| trusted-root: is missing: no policy/mu);
  });
});

suite('the public instance hears of no repository that may be private', () => {
  const cases: readonly (readonly [string, object | undefined, Partial<RunContext>, RegExp | undefined])[] = [
    ['public', open, {}, undefined],
    ['public, before visibility was told', { full_name: 'Org/App', private: false }, {}, undefined],
    ['private', { ...open, private: true, visibility: 'private' }, {}, /the repository is private/u],
    ['internal', { ...open, private: true, visibility: 'internal' }, {}, /the repository is internal/u],
    ['of two minds', { ...open, visibility: 'private' }, {}, /the repository is private/u],
    ['another one', { ...open, full_name: 'org/other' }, {}, /is not known/u],
    ['no event', undefined, {}, /is not known/u],
    ['no repository in it', {}, {}, /is not known/u],
    ['public on a server of its own', open, { serverUrl: 'https://github.site' }, /is not known/u],
  ];
  for (const [name, repository, more, expected] of cases) {
    test(name, async (t) => {
      const context = { ...(await makeContext(t, repository)), ...more };
      const problems = await problemsOf(read(context, {}));
      assert.equal(problems.length, expected === undefined ? 0 : 1, problems.join('\n'));
      if (expected === undefined) return;
      assert.match(problems[0] ?? '', /^PUBLIC_LOG_REFUSED \| allow-public-log: fulcio\.sigstore\.dev /u);
      assert.match(problems[0] ?? '', expected);
      assert.equal((await read(context, { 'allow-public-log': 'true' })).way, 'keyless');
    });
  }

  test('by one service alone', async (t) => {
    const context = await makeContext(t);
    const given = { ...own, 'timestamp-url': 'https://timestamp.sigstore.dev' };
    const [problem] = await problemsOf(read(context, given));
    assert.match(problem ?? '', /^PUBLIC_LOG_REFUSED \| .*timestamp\.sigstore\.dev/u);
  });
});

test('the secret that a token is asked for with is masked before anything is said', async (t) => {
  const { host, log } = makeHost({ ...publish, path: '' });
  await problemsOf(readPublish(host, await makeContext(t, open)));
  assert.ok(log.includes('mask request-secret'));
});
