// What `doctor` finds at real registries: one with TLS and passwords behind a proxy, one with tokens, one with the
// referrers API, and ways that lead nowhere.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { emptyContent, emptyDescriptor } from '../../src/oci/descriptor.ts';
import { formatManifest, type Content } from '../../src/oci/manifest.ts';
import { examine, type Examination, type Step } from '../../src/operations/doctor.ts';
import { connectRegistries, type ConnectOptions } from '../../src/registry/connect.ts';
import { passwordCredential } from '../../src/registry/credentials/credential.ts';
import { createKeychain, givenCredential, type Keychain } from '../../src/registry/credentials/keychain.ts';
import { userKeychain } from '../../src/registry/credentials/sources.ts';
import { createCredentialWorld } from '../../src/registry/credentials/world.ts';
import { environmentProxies, givenProxy } from '../../src/registry/proxy.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startFakeRegistry } from '../servers/fake-registry.ts';
import { startForwardProxy } from '../servers/forward-proxy.ts';
import { createTestAuthority, lookupLoopback } from '../servers/test-authority.ts';
import { startTokenServer } from '../servers/token-server.ts';

// With four rounds of bcrypt, as htpasswd has it.
const password = 'won:der land é';
const line = 'alice:$2a$04$TQQwNdER3ev6e86vSlp9luw7CDHf8Hohqdtj.wSBRok2XkGHS9hGW';
const authority = createTestAuthority();
const directory = await mkdtemp(join(tmpdir(), 'sealift-doctor-'));
const tokens = await startTokenServer({ alice: { password, actions: ['pull', 'push'] } });

async function writeFiles(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(directory, 'files-'));
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  return folder;
}

const issued = authority.issue(['registry.test']);
const secureFolder = await writeFiles({ crt: issued.certificate, key: issued.key, htpasswd: `${line}\n` });
const tokenFolder = await writeFiles({ crt: tokens.certificate });
const [secure, withTokens] = await Promise.all([
  startDockerRegistry(secureFolder, {
    auth: { htpasswd: { realm: 'test', path: join(secureFolder, 'htpasswd') } },
    tls: { certificate: join(secureFolder, 'crt'), key: join(secureFolder, 'key') },
  }),
  startDockerRegistry(tokenFolder, { auth: tokens.configuration(join(tokenFolder, 'crt')) }),
]);
after(async () => {
  await Promise.all([secure.stop(), withTokens.stop(), tokens.close()]);
  await rm(directory, { recursive: true, force: true });
});
const secureName = `registry.test:${new URL(`http://${secure.host}`).port}`;

const alice = keychainOf(password);
function keychainOf(secret: string): Keychain {
  return createKeychain([givenCredential('--registry-username', passwordCredential('alice', secret))]);
}

const usual: ConnectOptions = {
  random: () => 0,
  now: () => performance.now(),
  ca: authority.pem,
  lookup: lookupLoopback,
};

const manifest: Content = formatManifest({
  artifactType: 'application/vnd.example',
  config: emptyDescriptor,
  layers: [emptyDescriptor],
});

async function pushTo(registry: string, options: Partial<ConnectOptions> = {}): Promise<void> {
  const connections = connectRegistries({ ...usual, ...options });
  try {
    const store = connections.open({ registry, repository: 'config/shop' });
    await store.push({ descriptor: emptyDescriptor, bytes: emptyContent });
    await store.push(manifest);
    await store.tag(manifest, '1.0.0');
  } finally {
    connections.close();
  }
}

/** Examines, and sees to it that nothing secret is said, nor anything that can't be printed. */
async function stepsOf(
  reference: string,
  options: Partial<ConnectOptions> = {},
  more: Partial<Examination> = {},
): Promise<Record<string, Step>> {
  const heard: Step[] = [];
  const steps = await examine({
    reference,
    connect: { ...usual, ...options },
    onStep: (step) => heard.push(step),
    ...more,
  });
  assert.deepEqual(heard, steps);
  const said = inspect(steps, { depth: 9 }) + JSON.stringify(steps);
  for (const secret of [password, 'wrong-secret', 'proxy-secret', 'Basic ', 'eyJ', 'PRIVATE']) {
    assert.ok(!said.includes(secret), `${secret} is shown: ${said}`);
  }
  assert.ok(!said.includes(Buffer.from(`alice:${password}`).toString('base64')));
  assert.ok(steps.every(({ durationMs }) => Number.isInteger(durationMs) && durationMs >= 0));
  return Object.fromEntries(steps.map((step) => [step.name, step]));
}

function outcomes(steps: Record<string, Step>): Record<string, string> {
  return Object.fromEntries(Object.values(steps).map(({ name, outcome }) => [name, outcome]));
}

const allOk = {
  reference: 'ok',
  proxy: 'ok',
  name: 'ok',
  connection: 'ok',
  TLS: 'ok',
  registry: 'ok',
  credentials: 'ok',
  'log-in': 'ok',
  manifest: 'ok',
  referrers: 'ok',
  blobs: 'ok',
  tags: 'ok',
};

suite('a registry that is reached', () => {
  test('with TLS and passwords, through a proxy', async (t) => {
    const proxy = await startForwardProxy(t, { user: 'bob:proxy-secret' });
    const options = {
      keychain: alice,
      chooseProxy: givenProxy(`http://bob:proxy-secret@${proxy.host}`, '--proxy'),
    };
    await pushTo(secureName, options);
    const steps = await stepsOf(`${secureName}/config/shop:1.0.0`, options);
    // The proxy is named by its address.
    assert.deepEqual(outcomes(steps), { ...allOk, name: 'skipped' });
    assert.match(steps['proxy']?.words ?? '', /^by proxy http:.* with a user and a password \(--proxy\)$/u);
    assert.match(steps['connection']?.words ?? '', /which opened a tunnel to registry\.test/u);
    assert.equal(steps['TLS']?.details['protocol'], 'TLSv1.3');
    assert.equal(
      steps['TLS']?.details['certificate 1'],
      'O=sealift test, CN=registry.test; signed by O=sealift test, CN=test CA; until 2049-01-01T00:00:00Z',
    );
    assert.equal(steps['TLS']?.details['trusted by'], 'the CA that is given');
    assert.equal(steps['registry']?.words, 'asks for basic');
    assert.equal(steps['credentials']?.words, 'password of alice, from --registry-username');
    assert.equal(steps['manifest']?.details['digest'], manifest.descriptor.digest);
    assert.equal(steps['referrers']?.details['api'], false);
    assert.equal(steps['blobs']?.details['resumable'], true);
    assert.equal(steps['tags']?.details['tags'], 1);
  });

  test('with tokens', async () => {
    await pushTo(withTokens.host, { keychain: alice });
    const steps = await stepsOf(`${withTokens.host}/config/shop:1.0.0`, { keychain: alice });
    assert.deepEqual(outcomes(steps), { ...allOk, name: 'skipped', TLS: 'skipped' });
    assert.match(
      steps['registry']?.words ?? '',
      /^asks for bearer by http:\/\/127\.0\.0\.1:\d+\/token for /u,
    );
    assert.match(steps['log-in']?.words ?? '', /with a token of .*\/token for the credential from --reg/u);
    assert.equal(steps['log-in']?.details['scopes'], 'repository:config/shop:pull');
  });

  test('of ours, by everybody and with the referrers API', async (t) => {
    const registry = await startRegistry({ directory: await makeTempDir(t) });
    t.after(() => registry.close());
    await pushTo(registry.host);
    const connections = connectRegistries(usual);
    t.after(() => connections.close());
    const store = connections.open({ registry: registry.host, repository: 'config/shop' });
    const subject = manifest.descriptor;
    await store.push(formatManifest({ config: emptyDescriptor, layers: [emptyDescriptor], subject }));
    const steps = await stepsOf(`${registry.host}/config/shop@${subject.digest}`);
    assert.equal(steps['registry']?.words, 'answers 200 to everybody');
    assert.equal(steps['credentials']?.words, 'none');
    assert.equal(steps['log-in']?.words, 'nobody has to log in to read');
    assert.deepEqual(steps['referrers']?.details, { referrers: 1, api: true });
    const bare = await stepsOf(`${registry.host}/config/shop`);
    assert.deepEqual(
      Object.values(bare).filter(({ outcome }) => outcome === 'failed'),
      [],
    );
    assert.equal(bare['manifest']?.outcome, 'skipped');
    assert.equal(bare['tags']?.outcome, 'ok');
  });

  test('says which sources of credentials were looked at, and which one won', async (t) => {
    const home = await makeTempDir(t);
    const auth = Buffer.from(`alice:${password}`).toString('base64');
    const file = join(home, 'auth.json');
    await writeFile(file, JSON.stringify({ auths: { [withTokens.host]: { auth } } }));
    const keychain = userKeychain(createCredentialWorld({ HOME: home, REGISTRY_AUTH_FILE: file }), [
      givenCredential('--registry-username', passwordCredential('alice', 'x'), 'other.test'),
    ]);
    const { credentials } = await stepsOf(`${withTokens.host}/config/shop`, { keychain });
    assert.equal(credentials?.outcome, 'ok');
    assert.match(credentials?.words ?? '', /^password of alice, from .*auth\.json/u);
    assert.deepEqual(Object.keys(credentials?.details ?? {}).length, 2);
  });
});

suite('a registry that is not reached', () => {
  const skippedAfter = (steps: Record<string, Step>, failed: string): void => {
    const later = Object.values(steps).filter(({ outcome }) => outcome === 'skipped');
    assert.ok(later.some(({ words }) => words === `not looked at: ${failed} failed`));
    const names = Object.values(steps).filter(({ outcome }) => outcome === 'failed');
    assert.deepEqual(
      names.map(({ name }) => name),
      [failed],
    );
    assert.ok(steps[failed]?.code !== undefined);
  };

  test('for a reference that is none', async () => {
    const steps = await stepsOf('https://registry.test/x');
    assert.deepEqual(outcomes(steps), { reference: 'failed' });
    assert.equal(steps['reference']?.code, 'REFERENCE_INVALID');
  });

  test('for a proxy that can not be used', async () => {
    const chooseProxy = environmentProxies({ ALL_PROXY: 'socks5://alice:proxy-secret@proxy.test:1080' });
    const steps = await stepsOf(`${secureName}/config/shop`, { chooseProxy });
    skippedAfter(steps, 'proxy');
    assert.equal(steps['proxy']?.code, 'INPUT_INVALID');
  });

  test('for a name that nobody knows', async () => {
    const lookup: NonNullable<ConnectOptions['lookup']> = (_name, _options, found) =>
      found(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), '');
    const steps = await stepsOf(`${secureName}/config/shop`, { lookup });
    skippedAfter(steps, 'name');
    assert.match(steps['name']?.words ?? '', /name registry\.test is not found: ENOTFOUND/u);
    assert.equal(steps['credentials']?.outcome, 'ok');
  });

  test('for a port where nobody listens', async (t) => {
    const registry = await startRegistry({ directory: await makeTempDir(t) });
    await registry.close();
    const steps = await stepsOf(`${registry.host}/config/shop`);
    skippedAfter(steps, 'connection');
    assert.match(steps['connection']?.words ?? '', /ECONNREFUSED/u);
  });

  test('for a certificate of another CA', async () => {
    const steps = await stepsOf(`${secureName}/config/shop`, { ca: createTestAuthority('another').pem });
    skippedAfter(steps, 'TLS');
    assert.equal(steps['TLS']?.code, 'REGISTRY_TLS');
    assert.equal(steps['TLS']?.details['issuer'], 'O=sealift test, CN=test CA');
  });

  test('for a CA file that is none, also where no TLS is spoken', async (t) => {
    skippedAfter(await stepsOf(`${secureName}/config/shop`, { ca: 'x' }), 'TLS');
    const registry = await startRegistry({ directory: await makeTempDir(t) });
    t.after(() => registry.close());
    skippedAfter(await stepsOf(`${registry.host}/config/shop`, { ca: 'x' }), 'registry');
  });

  test('for plain HTTP where TLS is spoken', async () => {
    const steps = await stepsOf(`${secureName}/config/shop`, {}, { plainHttp: true });
    skippedAfter(steps, 'registry');
    assert.match(steps['registry']?.words ?? '', /answers plain HTTP with TLS/u);
  });

  for (const [name, keychain, code] of [
    ['a password that is wrong', keychainOf('wrong-secret'), 'REGISTRY_UNAUTHORIZED'],
    ['no credential', createKeychain([]), 'CREDENTIALS_MISSING'],
  ] as const) {
    for (const [kind, host] of [
      ['passwords', secureName],
      ['tokens', withTokens.host],
    ] as const) {
      test(`for ${name}, where there are ${kind}`, async () => {
        const steps = await stepsOf(`${host}/config/shop:1.0.0`, { keychain });
        skippedAfter(steps, 'log-in');
        assert.equal(steps['log-in']?.code, code);
        assert.match(steps['log-in']?.hint ?? '', /sealift login/u);
      });
    }
  }

  test('for sources of credentials that can not be read', async (t) => {
    const home = await makeTempDir(t);
    const file = join(home, 'auth.json');
    await writeFile(file, '{"auths": alice:wrong-secret');
    const keychain = userKeychain(createCredentialWorld({ HOME: home, REGISTRY_AUTH_FILE: file }));
    const steps = await stepsOf(`${withTokens.host}/config/shop:1.0.0`, { keychain });
    skippedAfter(steps, 'credentials');
    assert.equal(steps['credentials']?.code, 'CREDENTIALS_INVALID');
  });

  test('for a tag that is not there: all but it is looked at', async (t) => {
    const registry = await startRegistry({ directory: await makeTempDir(t) });
    t.after(() => registry.close());
    await pushTo(registry.host);
    const steps = await stepsOf(`${registry.host}/config/shop:2.0.0`);
    skippedAfter(steps, 'manifest');
    assert.equal(steps['manifest']?.code, 'CONTENT_MISSING');
    assert.equal(steps['tags']?.outcome, 'ok');
  });

  test('for a server that is no registry, whatever it says of itself', async (t) => {
    const server = await startFakeRegistry(t, (_request, response) => {
      response.writeHead(401, {
        'www-authenticate': 'Negotiate abc==, Bearer realm="https://t.test/", service="\u009bx"',
      });
      response.end('x'.repeat(1_000_000));
    });
    const steps = await stepsOf(`${server.host}/config/shop:1.0.0`, { keychain: alice });
    assert.equal(steps['log-in']?.outcome, 'failed');
    assert.match(
      steps['registry']?.words ?? '',
      /^asks for negotiate, or bearer by https:\/\/t\.test\/ for \ufffdx/u,
    );
  });
});

test('an abort is no finding', async (t) => {
  const controller = new AbortController();
  const server = await startFakeRegistry(t, () => controller.abort());
  await assert.rejects(stepsOf(`${server.host}/a/b:1`, {}, { signal: controller.signal }), {
    name: 'AbortError',
  });
});

test('what a registry says of an error is told', async (t: TestContext) => {
  const server = await startFakeRegistry(t, (request, response) => {
    const isBase = request.url === '/v2/';
    const body = JSON.stringify({ errors: [{ code: 'DENIED', message: 'the trial \u001b[31mhas ended' }] });
    response.writeHead(isBase ? 200 : 403).end(isBase ? '{}' : request.method === 'HEAD' ? undefined : body);
  });
  const steps = await stepsOf(`${server.host}/a/b`);
  assert.equal(steps['log-in']?.code, 'REGISTRY_DENIED');
  assert.match(String(steps['log-in']?.details['says']), /^the trial .*has ended$/u);
  assert.doesNotMatch(JSON.stringify(steps), /\\u001b/u);
});
