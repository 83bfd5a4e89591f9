// The local memory of promotions: what is kept, and that what can't be read never allows.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { noState, openStateFolder } from '../../../../puller/source/state-folder.ts';
import type { PromotionRecordSpec } from '../../../../src/api/promotion-record.ts';
import { InputError } from '../../../../src/errors.ts';
import { computeDigest } from '../../../../src/oci/digest.ts';
import { assertRejectsWithCode } from '../../../helpers/assert-rejects.ts';
import { makeTempDir } from '../../../helpers/temp.ts';

function specOf(sequence: number): PromotionRecordSpec {
  return {
    repository: 'org/app',
    channel: 'prod',
    epoch: 1,
    sequence,
    digest: computeDigest(`${sequence}`),
    statementDigest: computeDigest('s'),
    issuedAt: '2026-11-22T12:00:00Z',
  };
}

suite('a state folder', () => {
  test('is made where there is none, for its owner alone, and is empty', async (t) => {
    const folder = join(await makeTempDir(t), 'a', 'b');
    const state = await openStateFolder(folder);
    assert.equal(state.get('x'), undefined);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  test('keeps records over a restart', async (t) => {
    const folder = await makeTempDir(t);
    const state = await openStateFolder(folder);
    await state.put('x', specOf(1));
    await state.put('y', specOf(2));
    await state.put('x', specOf(3));
    assert.deepEqual(state.get('x'), specOf(3));
    const again = await openStateFolder(folder);
    assert.deepEqual([again.get('x'), again.get('y'), again.get('z')], [specOf(3), specOf(2), undefined]);
    assert.equal((await stat(join(folder, 'x.promotion.json'))).mode & 0o777, 0o600);
  });

  test('writes one after the other, and leaves nothing half-written behind', async (t) => {
    const folder = await makeTempDir(t);
    const state = await openStateFolder(folder);
    await Promise.all(Array.from({ length: 20 }, (_, sequence) => state.put('x', specOf(sequence + 1))));
    assert.deepEqual(await readdir(folder), ['x.promotion.json']);
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'x.promotion.json'), 'utf8')), specOf(20));
  });

  test('has the old record after a write that was cut short', async (t) => {
    const folder = await makeTempDir(t);
    await (await openStateFolder(folder)).put('x', specOf(1));
    await writeFile(join(folder, 'x.promotion.json.new'), '{"repository":"org');
    const again = await openStateFolder(folder);
    assert.deepEqual(again.get('x'), specOf(1));
    await again.put('x', specOf(2));
    assert.deepEqual((await openStateFolder(folder)).get('x'), specOf(2));
  });

  test('remembers nothing that it could not write, and writes the next', async (t) => {
    const folder = await makeTempDir(t);
    const state = await openStateFolder(folder);
    await mkdir(join(folder, 'x.promotion.json.new'));
    await assert.rejects(state.put('x', specOf(1)), { code: 'EISDIR' });
    assert.equal(state.get('x'), undefined);
    await state.put('y', specOf(2));
    assert.deepEqual(state.get('y'), specOf(2));
  });

  const corrupt: readonly (readonly [string, string])[] = [
    ['that is empty', ''],
    ['that is no JSON', '{'],
    ['that is null', 'null'],
    ['without an epoch', JSON.stringify({ ...specOf(1), epoch: undefined })],
    ['with a sequence below zero', JSON.stringify(specOf(-1))],
    ['with a digest that is none', JSON.stringify({ ...specOf(1), digest: 'x' })],
    ['that is huge', JSON.stringify(specOf(1)).padEnd(20_000)],
  ];
  for (const [name, text] of corrupt) {
    test(`tells of a file ${name}, beside those that are good`, async (t) => {
      const folder = await makeTempDir(t);
      await (await openStateFolder(folder)).put('good', specOf(1));
      await writeFile(join(folder, 'x.promotion.json'), text);
      const state = await openStateFolder(folder);
      assert.equal(state.get('x'), 'unreadable');
      assert.deepEqual(state.get('good'), specOf(1));
    });
  }

  test('ignores what others put there', async (t) => {
    const folder = await makeTempDir(t);
    await writeFile(join(folder, 'lost+found'), 'x');
    await writeFile(join(folder, 'x.json'), JSON.stringify(specOf(1)));
    assert.equal((await openStateFolder(folder)).get('x'), undefined);
  });

  test('that can not be used is refused before anything is accepted', async (t) => {
    const folder = await makeTempDir(t);
    await writeFile(join(folder, 'file'), '');
    await assertRejectsWithCode(openStateFolder(join(folder, 'file')), InputError, 'FILE_UNREADABLE');
    await mkdir(join(folder, 'state', 'x.promotion.json'), { recursive: true });
    await assertRejectsWithCode(openStateFolder(join(folder, 'state')), InputError, 'FILE_UNREADABLE');
  });
});

test('without a volume nothing is remembered', async () => {
  await noState.put('x', specOf(1));
  assert.equal(noState.get('x'), undefined);
});
