// Where a component is taken from, and that nothing unverified is.
import assert from 'node:assert/strict';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { cacheFolder } from '../../components/cache.ts';
import { ComponentsError } from '../../components/errors.ts';
import { findComponent, requireComponents } from '../../components/locate.ts';
import { makeTempDir } from '../../helpers/temp.ts';
import { fillCache, writeFakeBinary, writeFakeGo } from './fakes.ts';

test('the cache folder is SEALIFT_CACHE, else XDG_CACHE_HOME, else of the home folder', () => {
  const environment = { HOME: '/home/a', XDG_CACHE_HOME: '/xdg', SEALIFT_CACHE: '/own' };
  assert.equal(cacheFolder(environment), '/own');
  assert.equal(cacheFolder({ ...environment, SEALIFT_CACHE: '' }), '/xdg/sealift');
  assert.equal(cacheFolder({ HOME: '/home/a' }), '/home/a/.cache/sealift');
});

test('a verified binary of the cache is used', async (t) => {
  const environment = { SEALIFT_CACHE: await makeTempDir(t) };
  const path = await fillCache(environment, 'crane');
  assert.deepEqual(await findComponent('crane', environment), { path, failed: [] });
});

const damages: readonly (readonly [string, (path: string) => Promise<void>, RegExp])[] = [
  ['tampered with', (path) => appendFile(path, '# evil\n'), /was changed: its SHA-256 is/u],
  ['removed', (path) => rm(path), /is gone/u],
  ['without manifest', (path) => rm(join(path, '../manifest.json')), /not built yet/u],
  [
    'with a broken manifest',
    (path) => writeFile(join(path, '../manifest.json'), '{'),
    /manifest is damaged/u,
  ],
  [
    'with a manifest of something else',
    (path) => writeFile(join(path, '../manifest.json'), '{"sha256":{}}'),
    /does not list crane/u,
  ],
];
for (const [name, damage, reason] of damages) {
  test(`a cached binary is not used when ${name}`, async (t) => {
    const environment = { SEALIFT_CACHE: await makeTempDir(t) };
    const path = await fillCache(environment, 'crane');
    assert.equal((await findComponent('crane', environment)).path, path);
    await damage(path);
    const found = await findComponent('crane', environment);
    assert.equal(found.path, undefined);
    assert.match(found.failed[0]?.reason ?? '', reason);
  });
}

test('a cached binary of another version is not used', async (t) => {
  const environment = { SEALIFT_CACHE: await makeTempDir(t) };
  await fillCache(environment, 'crane', '0.1.0');
  const found = await findComponent('crane', environment);
  assert.match(found.failed[0]?.reason ?? '', /is version 0\.1\.0, wanted 0\.22\.1/u);
});

for (const [name, version] of [
  ['kube-apiserver', '1.36.0'],
  ['etcd', '3.5.0'],
  ['etcd', '3.10.1'],
] as const) {
  test(`KUBEBUILDER_ASSETS comes first: ${name} ${version}`, async (t) => {
    const folder = await makeTempDir(t);
    const environment = { SEALIFT_CACHE: join(folder, 'cache'), KUBEBUILDER_ASSETS: join(folder, 'assets') };
    await fillCache(environment, name);
    const path = await writeFakeBinary(environment.KUBEBUILDER_ASSETS, name, version);
    assert.deepEqual(await findComponent(name, environment), { path, failed: [] });
  });
}

for (const [name, version] of [
  ['kube-apiserver', '1.35.9'],
  ['kube-apiserver', '1.36.0-rc.1'],
  ['etcd', '3.4.30'],
] as const) {
  test(`KUBEBUILDER_ASSETS of a wrong version is passed over: ${name} ${version}`, async (t) => {
    const folder = await makeTempDir(t);
    const environment = { SEALIFT_CACHE: join(folder, 'cache'), KUBEBUILDER_ASSETS: join(folder, 'assets') };
    const cached = await fillCache(environment, name);
    const asset = await writeFakeBinary(environment.KUBEBUILDER_ASSETS, name, version);
    const found = await findComponent(name, environment);
    assert.equal(found.path, cached);
    assert.deepEqual(
      found.failed.map(({ way }) => way),
      ['KUBEBUILDER_ASSETS'],
    );
    assert.ok(found.failed[0]?.reason.startsWith(`${asset} is version ${version}, wanted`));
  });
}

test('KUBEBUILDER_ASSETS without the file is passed over', async (t) => {
  const folder = await makeTempDir(t);
  const environment = { SEALIFT_CACHE: join(folder, 'cache'), KUBEBUILDER_ASSETS: folder };
  const found = await findComponent('etcd', environment);
  assert.match(found.failed[0]?.reason ?? '', /is not an executable file/u);
});

test('the error lists every way of every component and what to install', async (t) => {
  const folder = await makeTempDir(t);
  await mkdir(join(folder, 'empty'));
  const environment = { SEALIFT_CACHE: join(folder, 'cache'), PATH: join(folder, 'empty') };
  await assert.rejects(requireComponents(['etcd', 'crane'], { environment }), (error) => {
    assert.ok(error instanceof ComponentsError);
    assert.equal(error.code, 'COMPONENTS_MISSING');
    assert.deepEqual(
      error.missing.map(({ component, ways }) => [component.name, ...ways.map(({ way }) => way)]),
      [
        ['etcd', 'KUBEBUILDER_ASSETS', 'cache', 'go'],
        ['crane', 'cache', 'go'],
      ],
    );
    assert.match(error.message, /^components are missing: etcd v3\.6\.5, crane v0\.22\.1\n/u);
    assert.match(error.message, /\n {4}go: go is not installed/u);
    assert.match(error.hint ?? '', /Go 1\.26 or newer.*KUBEBUILDER_ASSETS.*etcd 3\.5 or newer/u);
    return true;
  });
});

test('an old Go is refused', async (t) => {
  const folder = await makeTempDir(t);
  const PATH = `${await writeFakeGo(join(folder, 'go'), { version: '1.25.7' })}:/usr/bin:/bin`;
  const options = { environment: { SEALIFT_CACHE: join(folder, 'cache'), PATH }, log: () => undefined };
  await assert.rejects(requireComponents(['crane'], options), /go is go1\.25, wanted go1\.26 or newer/u);
});
