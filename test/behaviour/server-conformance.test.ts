// The conformance test of the distribution specification's authors against our registry, plain and with TLS and log-in.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireComponents } from '../components/locate.ts';
import { account, writeAccounts } from '../helpers/accounts.ts';
import { startCommand } from '../helpers/cli.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { makeCertificate } from '../helpers/tls-files.ts';
import { makeRegistry } from '../unit/server/client.ts';

const { conformance } = await requireComponents(['conformance']);

/** What is left out of the stable version's test or added to it, each with its reason. */
const settings = {
  OCI_VERSION: '1.1',
  // Sealift knows digests by sha256 alone, as cosign's subjects are; every other algorithm is refused with 400.
  OCI_DATA_SHA512: 'false',
  // The specification lets a registry do these, and ours does.
  OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
  OCI_API_BLOBS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
};

/** Steps that are passed over: what the specification leaves to a registry, and ours does not do. */
const skipped: Readonly<Record<string, string>> = {
  'sha256 blobs/mount anonymous/blob-mount-anonymous': 'a mount names its source: an upload begins otherwise',
  'sha256 blobs/range requests/range 500-0': 'RFC 9110: a range that ends before it starts is ignored',
};

type Step = { readonly name: string; readonly status: string };

/** The lines `NAME: STATUS` below the title. */
function parseSteps(output: string): readonly Step[] {
  return [...output.matchAll(/^ *OCI Conformance Test\/(?<name>.+): (?<status>\w+)$/gmu)].map(
    ({ groups }) => ({
      name: groups?.['name'] ?? '',
      status: groups?.['status'] ?? '',
    }),
  );
}

async function run(cwd: string, env: Readonly<Record<string, string>>): Promise<readonly Step[]> {
  const { code, stdout, stderr } = await startCommand(conformance, [], {
    cwd,
    env: { ...settings, OCI_RESULTS_DIR: join(cwd, 'results'), ...env },
  }).finished;
  const failures = [...stdout.matchAll(/^.*: FAIL\n(?: +- .*\n)*/gmu)].map(([text]) => text).join('');
  assert.equal(code, 0, `${failures}${stderr}`);
  return parseSteps(stdout);
}

function assertAllPass(steps: readonly Step[]): void {
  const passed = steps.filter(({ status }) => status === 'Pass');
  assert.ok(passed.length > 250, `only ${passed.length} steps passed`);
  const others = steps.filter(({ status }) => status !== 'Pass');
  assert.deepEqual(
    others.map(({ name, status }) => `${name}: ${status}`),
    Object.keys(skipped).map((name) => `${name}: Skip`),
  );
}

test('pull, push, discovery and management hold', async (t) => {
  const { registry } = await makeRegistry(t);
  const cwd = await makeTempDir(t);
  assertAllPass(await run(cwd, { OCI_REGISTRY: registry.host, OCI_TLS: 'disabled' }));
  // The list of endpoints by the test itself: none is failed or left out without our knowing.
  const apis = /^apis:\n(?<apis>(?: {2}.*\n)*)/mu.exec(
    await readFile(join(cwd, 'results', 'results.yaml'), 'utf8'),
  )?.groups?.['apis'];
  assert.deepEqual(
    apis?.split('\n').filter((line) => line !== '' && !line.endsWith(': Pass')),
    ['  Blob anonymous mount: Skip', '  Manifest put with tag params: Disabled'],
  );
});

test('they hold behind TLS and a log-in', async (t) => {
  const cwd = await makeTempDir(t);
  const tls = await makeCertificate(cwd);
  const { registry } = await makeRegistry(t, { tls, accounts: { htpasswd: await writeAccounts(cwd) } });
  const env = {
    OCI_REGISTRY: registry.host,
    OCI_TLS: 'enabled',
    SSL_CERT_FILE: tls.ca,
    OCI_USERNAME: account.name,
    OCI_PASSWORD: account.password,
  };
  assertAllPass(await run(cwd, env));
});
