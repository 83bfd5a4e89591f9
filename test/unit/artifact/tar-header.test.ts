// The headers of a layer have the bytes that the tar library gives them.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { formatHeader, sizeOfHeader } from '../../../src/artifact/tar-header.ts';

function expected(path: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  const fixed = {
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    type: 'File',
    uname: '',
    gname: '',
  } as const;
  const needsPax = new Header({ ...fixed, path, size }).encode(block);
  return needsPax ? Buffer.concat([new Pax({ path }).encode(), block]) : block;
}

function assertSame(path: string, size: number): void {
  const header = formatHeader({ path, size });
  assert.deepEqual(Buffer.from(header), expected(path, size), `${size} ${path}`);
  assert.equal(sizeOfHeader({ path, size }), header.byteLength);
}

suite('a header', () => {
  for (const length of [1, 98, 99, 100, 101, 154, 155, 156, 255, 256, 300]) {
    test(`of a path of ${length} characters`, () => {
      assertSame('a'.repeat(length), 1);
      assertSame(`${'folder/'.repeat(50)}${'a'.repeat(length)}`.slice(-length).replace(/^\//u, 'b'), 1);
    });
  }

  test('of sizes where the digits become one more', () => {
    for (const size of [0, 7, 8, 0o7777777777, 0o7777777777 + 1, 0o77777777777]) assertSame('a.yaml', size);
  });

  test('of any path and size', () => {
    const path = fc.oneof(
      fc
        .array(fc.stringMatching(/^[a-z0-9 ._~@-]{1,30}$/u), { minLength: 1, maxLength: 8 })
        .map((names) => names.join('/')),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 }).filter((text) => !text.includes('\0')),
    );
    fc.assert(
      fc.property(path, fc.nat(0o7777777777 - 1), (name, size) => assertSame(name, size)),
      { numRuns: 500 },
    );
  });
});
