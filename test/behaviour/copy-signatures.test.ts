// What a real cosign signed in one registry, both cosigns and sealift accept in another one that it was carried to: over
// a tar, from a registry without the referrers API to one with it, and back.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { copyGraph } from '../../src/copy/copy.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { editLayoutTar, openLayoutTar } from '../../src/layout/tar-store.ts';
import { requireComponents } from '../components/locate.ts';
import { startCommand } from '../helpers/cli.ts';
import {
  cosignRefuses,
  cosignSign,
  cosignVerifyArgs,
  cosignVersions,
  passwords,
  runCosign,
  sealiftVerifyArgs,
  succeeds,
  writeCosignFiles,
  type Way,
} from '../helpers/cosign.ts';
import { readAll } from '../helpers/copy-graph.ts';
import { openField } from '../helpers/field.ts';
import { pushValue } from '../helpers/forging.ts';
import { openStore } from '../helpers/registry-store.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const { crane } = await requireComponents(['crane']);
const [docker, other] = await Promise.all([
  startDockerRegistry(field.cwd),
  startReferrersRegistry(field.cwd),
]);
after(async () => {
  await Promise.all([docker.stop(), other.stop()]);
  await field.close();
});
await writeCosignFiles(field);
await succeeds(
  runCosign(field, 'cosign 3', ['generate-key-pair', '--output-key-prefix', 'encrypted'], {
    COSIGN_PASSWORD: passwords['encrypted'] ?? '',
  }),
);
await succeeds(
  runCosign(field, 'cosign 2', ['generate-key-pair', '--output-key-prefix', 'another'], {
    COSIGN_PASSWORD: '',
  }),
);

const ways: readonly Way[] = (['bundle', 'legacy'] as const).map((format) => ({
  name: format,
  format,
  proof: 'key',
  key: 'encrypted',
}));
const roots = [{ name: '1.0', tags: ['1.0'] }];

for (const way of ways) {
  suite(`signed with cosign as ${way.name}`, () => {
    test('is accepted by all behind the gap, and still refused under another key', async (t) => {
      const source = openStore(t, `${docker.host}/from-${way.name}`);
      const artifact = await pushValue(source, way.name, '1.0');
      const reference = `${docker.host}/from-${way.name}@${artifact.descriptor.digest}`;
      await cosignSign(field, 'cosign 3', way, { reference });

      const path = field.path(`${way.name}.tar`);
      const carried = await editLayoutTar(path);
      await copyGraph({ source, target: carried, roots });
      await carried.close();
      const arrived = await openLayoutTar(path);
      t.after(() => arrived.close());

      for (const { host } of [other, docker]) {
        const repository = `${host}/to-${way.name}`;
        await copyGraph({ source: arrived, target: openStore(t, repository), roots });
        const copied = `${repository}@${artifact.descriptor.digest}`;
        const byCosign = cosignVersions.map((version) =>
          succeeds(
            runCosign(field, version, [...cosignVerifyArgs(version, way, { key: 'encrypted' }), copied]),
          ),
        );
        const refused = runCosign(field, 'cosign 3', [
          ...cosignVerifyArgs('cosign 3', way, { key: 'another' }),
          copied,
        ]);
        await Promise.all([...byCosign, cosignRefuses(refused)]);
        const verified = await field.json([
          'verify',
          copied,
          ...sealiftVerifyArgs(way, { key: 'encrypted' }),
        ]);
        assert.deepEqual(verified['formats'], [way.format]);
      }
    });
  });
}

suite('others read our tar, and we read theirs', () => {
  test('tar unpacks it to a layout that crane pushes; tar’s own archive of it reads the same', async (t) => {
    const path = field.path('ours.tar');
    const ours = await editLayoutTar(path);
    const artifact = await pushValue(ours, 'carried', '1.0');
    await ours.close();
    const run = (program: string, ...args: readonly string[]): Promise<unknown> =>
      succeeds(startCommand(program, args, { cwd: field.cwd }).finished);
    await run('mkdir', 'unpacked');
    await run('tar', '-xf', path, '-C', 'unpacked');
    const repository = `${other.host}/unpacked`;
    await run(crane, 'push', 'unpacked', `${repository}:1.0`);
    const pushed = await openStore(t, repository).resolve('1.0');
    assert.equal(pushed.descriptor.digest, artifact.descriptor.digest);

    const layout = await openLayout(join(field.cwd, 'unpacked'));
    const roots = [artifact.descriptor.digest];
    const expected = await readAll(layout, roots);
    for (const format of ['gnu', 'pax', 'ustar']) {
      await run('tar', `--format=${format}`, '-cf', `${format}.tar`, '-C', 'unpacked', '.');
      const theirs = await openLayoutTar(field.path(`${format}.tar`));
      t.after(() => theirs.close());
      assert.deepEqual(await theirs.tags(), ['1.0']);
      assert.deepEqual(await readAll(theirs, roots), expected);
    }
  });
});
