// Registries with TLS: docker-registry with certificates of a CA of ours, one that wants client certificates, and one
// whose own has expired. What fails must say why in words, before anything is sent.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test, type TestContext } from 'node:test';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { InputError, RegistryError } from '../../src/errors.ts';
import { describe } from '../../src/oci/descriptor.ts';
import { createCertificateWorld, readCertsDirectories } from '../../src/registry/certs-directories.ts';
import { connectRegistries, type ConnectOptions } from '../../src/registry/connect.ts';
import type { RepositoryStore } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startFakeRegistry } from '../servers/fake-registry.ts';
import { createTestAuthority, lookupLoopback, pastValidity, type Issued } from '../servers/test-authority.ts';

const authority = createTestAuthority();
const clientAuthority = createTestAuthority('client CA');
const client = clientAuthority.issue(['puller'], { role: 'client' });
const directory = await mkdtemp(join(tmpdir(), 'sealift-tls-'));

async function start(
  name: string,
  issued: Issued,
  ca?: string,
): Promise<Awaited<ReturnType<typeof startDockerRegistry>>> {
  const folder = await mkdtemp(join(directory, name));
  const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const clientFile = join(folder, 'clients.crt');
  await writeFile(files.certificate, issued.certificate);
  await writeFile(files.key, issued.key);
  await writeFile(clientFile, ca ?? '');
  return startDockerRegistry(folder, {
    tls: { ...files, ...(ca === undefined ? {} : { clientcas: [clientFile] }) },
  });
}

const [usual, expired, mutual] = await Promise.all([
  start('usual', authority.issue(['registry.test'])),
  start('expired', authority.issue(['registry.test'], { validity: pastValidity })),
  start('mutual', authority.issue(['registry.test']), clientAuthority.pem),
]);
after(async () => {
  await Promise.all([usual.stop(), expired.stop(), mutual.stop()]);
  await rm(directory, { recursive: true, force: true });
});

function nameOf({ host }: { readonly host: string }, name = 'registry.test'): string {
  return `${name}:${new URL(`http://${host}`).port}`;
}

function open(t: TestContext, registry: string, options: Partial<ConnectOptions> = {}): RepositoryStore {
  const connections = connectRegistries({
    random: () => 0,
    now: () => 0,
    ca: authority.pem,
    lookup: lookupLoopback,
    ...options,
  });
  t.after(() => connections.close());
  return connections.open({ registry, repository: 'a/b' });
}

/** The words of a failure that is TLS's. */
async function failureOf(
  t: TestContext,
  registry: string,
  options: Partial<ConnectOptions> = {},
): Promise<RegistryError> {
  return assertRejectsWithCode(open(t, registry, options).tags(), RegistryError, 'REGISTRY_TLS');
}

const bytes = Buffer.from('some bytes');
const blob = describe('application/octet-stream', bytes);

suite('a registry with a certificate of a private CA', () => {
  test('is trusted with that CA', async (t) => {
    const store = open(t, nameOf(usual));
    await store.push({ descriptor: blob, bytes });
    assert.equal(await store.exists(blob), true);
  });

  test('is not trusted with another one, and the error names who signed', async (t) => {
    const error = await failureOf(t, nameOf(usual), { ca: createTestAuthority('another').pem });
    assert.match(error.message, /nobody trusted has signed, but O=sealift test, CN=test CA/u);
    assert.equal(error.details['issuer'], 'O=sealift test, CN=test CA');
    assert.equal(error.retryable, false);
    assert.match(error.hint ?? '', /CA/u);
  });

  test('is not trusted with the usual ones', async (t) => {
    await failureOf(t, nameOf(usual), { ca: undefined });
  });

  test('is not trusted where a variable of node asks for that', async (t) => {
    const name = 'NODE_TLS_REJECT_UNAUTHORIZED';
    const before = process.env[name];
    process.env[name] = '0';
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
    await failureOf(t, nameOf(usual), { ca: undefined });
  });

  test('is not trusted under another name, and the error tells its names', async (t) => {
    const error = await failureOf(t, nameOf(usual, 'mirror.test'));
    assert.match(
      error.message,
      /mirror\.test:\d+ shows a certificate for registry\.test and not for itself/u,
    );
  });

  test('is not trusted once it has expired, and the error tells when that was', async (t) => {
    const error = await failureOf(t, nameOf(expired));
    assert.match(error.message, /not valid any more.* to 2021-02-03T04:05:06Z/u);
    assert.equal(error.details['validTo'], '2021-02-03T04:05:06Z');
  });
});

suite('a registry that wants a client certificate', () => {
  test('gets the one that is given', async (t) => {
    const store = open(t, nameOf(mutual), { clientCertificate: client });
    assert.deepEqual(await store.tags(), []);
  });

  test('gets none: the error says what is wanted', async (t) => {
    const error = await failureOf(t, nameOf(mutual));
    assert.match(error.message, /want a client certificate/u);
    assert.match(error.hint ?? '', /client certificate/u);
  });

  test('gets one that it does not know', async (t) => {
    const stranger = createTestAuthority('strangers').issue(['puller'], { role: 'client' });
    const error = await failureOf(t, nameOf(mutual), { clientCertificate: stranger });
    assert.match(error.message, /does not take the client certificate/u);
  });

  test('gets the one of its certs.d, with the CA there beside the usual ones', async (t) => {
    const home = await makeTempDir(t);
    const folder = join(home, '.config', 'containers', 'certs.d', nameOf(mutual));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'ca.crt'), authority.pem);
    await writeFile(join(folder, 'client.cert'), client.certificate);
    await writeFile(join(folder, 'client.key'), client.key);
    const world = createCertificateWorld({ HOME: home });
    let reads = 0;
    const options = {
      ca: undefined,
      hostTls: async (host: string) => {
        reads += 1;
        return readCertsDirectories(host, world);
      },
    };
    const store = open(t, nameOf(mutual), options);
    assert.deepEqual(await store.tags(), []);
    assert.deepEqual(await store.tags(), []);
    assert.equal(reads, 1);
    // It is for that host: the other one is not shown it, and the CA does not count there.
    await failureOf(t, nameOf(usual), options);
    await writeFile(join(folder, 'client.key'), authority.issue(['x']).key);
    await assertRejectsWithCode(open(t, nameOf(mutual), options).tags(), InputError, 'INPUT_INVALID');
  });

  test('gets what is given before what certs.d has', async (t) => {
    const hostTls = async (): Promise<{ ca: string }> => ({ ca: createTestAuthority('wrong').pem });
    const store = open(t, nameOf(mutual), { clientCertificate: client, hostTls });
    assert.deepEqual(await store.tags(), []);
  });
});

async function startTls(t: TestContext, options: TlsOptions): Promise<string> {
  const { certificate, key } = authority.issue(['registry.test']);
  const server = createTlsServer({ cert: certificate, key, ...options });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  // A server that listens on TCP has an AddressInfo.
  return `registry.test:${(server.address() as AddressInfo).port}`;
}

suite('plain HTTP and TLS', () => {
  test('a registry without TLS: the error says so', async (t) => {
    const plain = await startFakeRegistry(t, (_request, response) => response.end());
    const error = await failureOf(t, nameOf(plain));
    assert.match(error.message, /speaks no TLS/u);
    assert.match(error.hint ?? '', /--plain-http/u);
    assert.deepEqual(plain.asked, []);
  });

  test('a registry with TLS that is asked without: the error says so', async (t) => {
    const connections = connectRegistries({ random: () => 0, now: () => 0, lookup: lookupLoopback });
    t.after(() => connections.close());
    const store = connections.open({ registry: nameOf(usual), repository: 'a/b' }, true);
    const error = await assertRejectsWithCode(store.tags(), RegistryError, 'REGISTRY_TLS');
    assert.match(error.message, /answers plain HTTP with TLS/u);
  });

  test('the same of a server that answers with an alert', async (t) => {
    const server = await startAlerting(t);
    const transport = createTransport();
    t.after(() => transport.close());
    const sent = transport.send({ method: 'GET', url: new URL(`http://${server}/v2/`) });
    const error = await assertRejectsWithCode(sent, RegistryError, 'REGISTRY_TLS');
    assert.match(error.message, /answers plain HTTP with TLS/u);
  });

  test('a registry that only speaks what is not safe any more', async (t) => {
    const host = await startTls(t, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
    const error = await failureOf(t, host);
    assert.match(error.message, /speaks no TLS 1\.2/u);
  });

  test('TLS 1.2 is spoken', async (t) => {
    const host = await startTls(t, { maxVersion: 'TLSv1.2' });
    const transport = createTransport({
      ca: authority.pem,
      lookup: lookupLoopback,
      deadlines: { responseMs: 50 },
    });
    t.after(() => transport.close());
    // It takes the request and says nothing: TLS went well.
    const sent = transport.send({ method: 'GET', url: new URL(`https://${host}/v2/`) });
    await assertRejectsWithCode(sent, RegistryError, 'REGISTRY_TIMEOUT');
  });
});

/** A server of TLS as OpenSSL's own is: an alert to what is no handshake. */
async function startAlerting(t: TestContext): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  // A server that listens on TCP has an AddressInfo.
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
