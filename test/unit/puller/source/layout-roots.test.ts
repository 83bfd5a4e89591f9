// The flag that names layout roots: what one root refuses a namespace, no other may show it.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseLayoutRoots } from '../../../../puller/source/layout-roots.ts';
import { InputError } from '../../../../src/errors.ts';
import { assertThrowsWithCode } from '../../../helpers/assert-rejects.ts';

suite('--layout-root', () => {
  test('names a folder and who may read it besides the puller', () => {
    assert.deepEqual(parseLayoutRoots(['usb=/media/usb', 'nfs=/mnt/a,b=c,namespaces=one;two']), [
      { name: 'usb', folder: '/media/usb', namespaces: [] },
      { name: 'nfs', folder: '/mnt/a,b=c', namespaces: ['one', 'two'] },
    ]);
  });
  for (const text of [
    'usb',
    '=/x',
    'USB=/x',
    'usb=x',
    'usb=/x,namespaces=',
    'usb=/x,namespaces=A',
    'usb=/x,namespaces=*',
  ]) {
    test(`is not ${text}`, () => {
      assertThrowsWithCode(() => parseLayoutRoots([text]), InputError, 'INPUT_INVALID');
    });
  }
  test('has no name or folder of another, nor of the state', () => {
    const conflicts = [
      ['a=/x', 'a=/y'],
      ['a=/x', 'b=/x'],
      ['a=/x', 'b=/x/y'],
      ['a=/x/y', 'b=/x/'],
      ['a=/s/b'],
      ['a=/'],
    ];
    for (const texts of conflicts)
      assertThrowsWithCode(() => parseLayoutRoots(texts, ['/s']), InputError, 'INPUT_CONFLICT');
    assert.equal(parseLayoutRoots(['a=/x', 'b=/xy'], ['/s']).length, 2);
  });
});
