import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { InputError } from '../../../src/errors.ts';
import {
  createCertificateWorld,
  readCertsDirectories,
  type CertificateWorld,
} from '../../../src/registry/certs-directories.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeTempDir } from '../../helpers/temp.ts';

/** A world of files, and what was looked for in it. */
function worldOf(files: Readonly<Record<string, string>>): CertificateWorld & { readonly listed: string[] } {
  const listed: string[] = [];
  return {
    listed,
    home: '/home/me',
    listFiles: async (directory) => {
      listed.push(directory);
      const below = Object.keys(files).filter((path) => path.startsWith(`${directory}/`));
      return below.length === 0 ? 'missing' : below.map((path) => path.slice(directory.length + 1));
    },
    readFile: async (path) => files[path] ?? assert.fail(`${path} is read`),
  };
}

const docker = '/etc/docker/certs.d';
const containers = '/etc/containers/certs.d';
const own = '/home/me/.config/containers/certs.d';

suite('certificates of single hosts', () => {
  test("stand in docker's directory", async () => {
    const world = worldOf({
      [`${docker}/registry.site:5000/ca.crt`]: 'CA 1',
      [`${docker}/registry.site:5000/more.crt`]: 'CA 2',
      [`${docker}/registry.site:5000/client.cert`]: 'CERT',
      [`${docker}/registry.site:5000/client.key`]: 'KEY',
      [`${docker}/registry.site:5000/notes.txt`]: 'never read',
    });
    assert.deepEqual(await readCertsDirectories('registry.site:5000', world), {
      ca: 'CA 1\nCA 2',
      clientCertificate: { certificate: 'CERT', key: 'KEY' },
    });
    assert.equal(await readCertsDirectories('registry.site', world), undefined);
  });

  test("stand in the user's own first, and in no second place", async () => {
    const world = worldOf({
      [`${own}/r.site/ca.crt`]: 'mine',
      [`${containers}/r.site/ca.crt`]: 'theirs',
      [`${docker}/r.site/client.cert`]: 'CERT',
      [`${docker}/r.site/client.key`]: 'KEY',
    });
    assert.deepEqual(await readCertsDirectories('r.site', world), { ca: 'mine' });
    assert.deepEqual(await readCertsDirectories('r.site', { ...world, home: undefined }), { ca: 'theirs' });
  });

  for (const [name, files] of [
    ['a certificate without a key', ['client.cert']],
    ['a key without a certificate', ['client.key']],
    ["another one's key", ['a.cert', 'b.key']],
    ['too many files', Array.from({ length: 100 }, (_, index) => `${index}.crt`)],
  ] as const) {
    test(`${name}: an error that names the directory`, async () => {
      const world = worldOf(Object.fromEntries(files.map((file) => [`${docker}/r.site/${file}`, 'x'])));
      const error = await assertRejectsWithCode(
        readCertsDirectories('r.site', world),
        InputError,
        'INPUT_INVALID',
      );
      assert.match(error.message, /certs\.d\/r\.site has/u);
    });
  }

  for (const host of ['..', '.', '../r.site', 'r.site/..', '', '-x', `${'.'.repeat(3)}x`, 'a b', 'a\0b']) {
    test(`${JSON.stringify(host)} leads nowhere`, async () => {
      const world = worldOf({});
      assert.equal(await readCertsDirectories(host, world), undefined);
      assert.deepEqual(world.listed, []);
    });
  }

  test('are read from disk', async (t) => {
    const home = await makeTempDir(t);
    const directory = join(home, '.config', 'containers', 'certs.d', 'r.site');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'ca.crt'), 'CA');
    const world = createCertificateWorld({ HOME: home });
    assert.deepEqual(await readCertsDirectories('r.site', world), { ca: 'CA' });
    await writeFile(join(directory, 'large.crt'), Buffer.alloc(2 * 1024 * 1024));
    await assertRejectsWithCode(readCertsDirectories('r.site', world), InputError, 'INPUT_INVALID');
    await mkdir(join(directory, 'b.crt'));
    await assertRejectsWithCode(readCertsDirectories('r.site', world), InputError, 'FILE_UNREADABLE');
  });
});
