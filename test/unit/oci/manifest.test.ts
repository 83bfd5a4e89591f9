import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ContentError } from '../../../src/errors.ts';
import { ociLimits } from '../../../src/limits.ts';
import { fetchBytes, verifyStream, type Bytes } from '../../../src/oci/content-store.ts';
import { describe, emptyDescriptor } from '../../../src/oci/descriptor.ts';
import { formatIndex, formatManifest, parseIndex, parseManifest } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { assertRejectsWithCode, assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const good = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: emptyDescriptor, layers: [] };

suite('parseManifest', () => {
  test('reads what formatManifest wrote', () => {
    const { bytes, descriptor } = formatManifest({
      config: emptyDescriptor,
      layers: [emptyDescriptor],
      annotations: { b: '2', a: '1' },
    });
    assert.deepEqual(descriptor, describe(mediaTypes.manifest, bytes));
    assert.equal(
      Buffer.from(bytes).toString('utf8'),
      `{"schemaVersion":2,"mediaType":"${mediaTypes.manifest}","config":${JSON.stringify(emptyDescriptor)},"layers":[${JSON.stringify(emptyDescriptor)}],"annotations":{"a":"1","b":"2"}}`,
    );
    assert.deepEqual(parseManifest(bytes).annotations, { a: '1', b: '2' });
  });

  const table: readonly (readonly [string, unknown, 'MANIFEST_INVALID' | 'MEDIA_TYPE_UNEXPECTED'])[] = [
    ['an index', { ...good, mediaType: mediaTypes.index, manifests: [] }, 'MEDIA_TYPE_UNEXPECTED'],
    ['schema 1', { ...good, schemaVersion: 1 }, 'MANIFEST_INVALID'],
    ['no config', { ...good, config: undefined }, 'MANIFEST_INVALID'],
    ['a size that is negative', { ...good, config: { ...emptyDescriptor, size: -1 } }, 'MANIFEST_INVALID'],
    ['a size that is no integer', { ...good, config: { ...emptyDescriptor, size: 1.5 } }, 'MANIFEST_INVALID'],
    [
      'a size beyond exact numbers',
      { ...good, config: { ...emptyDescriptor, size: 2 ** 53 } },
      'MANIFEST_INVALID',
    ],
    [
      'a digest in upper case',
      { ...good, config: { ...emptyDescriptor, digest: emptyDescriptor.digest.toUpperCase() } },
      'MANIFEST_INVALID',
    ],
    [
      'a digest that is a path',
      { ...good, config: { ...emptyDescriptor, digest: 'sha256:../../x' } },
      'MANIFEST_INVALID',
    ],
    [
      'a media type with a line break',
      { ...good, config: { ...emptyDescriptor, mediaType: 'a/b\r\nc: d' } },
      'MANIFEST_INVALID',
    ],
    ['annotations that are no text', { ...good, annotations: { a: 1 } }, 'MANIFEST_INVALID'],
    [
      'too many layers',
      { ...good, layers: Array.from({ length: ociLimits.descriptors + 1 }, () => emptyDescriptor) },
      'MANIFEST_INVALID',
    ],
    ['null', null, 'MANIFEST_INVALID'],
    ['a list', [], 'MANIFEST_INVALID'],
  ];
  for (const [name, value, code] of table) {
    test(`refuses ${name}`, () => {
      assertThrowsWithCode(() => parseManifest(bytesOf(value)), ContentError, code);
    });
  }

  test('refuses what is too large, before it is parsed', () => {
    assertThrowsWithCode(
      () => parseManifest(Buffer.alloc(ociLimits.manifestBytes + 1, ' ')),
      ContentError,
      'SIZE_LIMIT',
    );
    assertThrowsWithCode(() => parseIndex(Buffer.alloc(11, ' '), 10), ContentError, 'SIZE_LIMIT');
  });

  test('any bytes: a ContentError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.jsonValue().map(bytesOf)), (bytes) => {
        for (const parse of [parseManifest, parseIndex]) {
          try {
            parse(bytes);
          } catch (error) {
            assert.ok(error instanceof ContentError);
          }
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

test('an index comes back', () => {
  const { bytes } = formatIndex([{ ...emptyDescriptor, artifactType: 'a/b' }]);
  assert.deepEqual(parseIndex(bytes).manifests, [{ ...emptyDescriptor, artifactType: 'a/b' }]);
  assertThrowsWithCode(
    () => parseIndex(bytesOf({ ...good, manifests: [] })),
    ContentError,
    'MEDIA_TYPE_UNEXPECTED',
  );
});

suite('verifyStream', () => {
  async function* chunksOf(...chunks: readonly string[]): Bytes {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const descriptor = describe('a/b', Buffer.from('content'));

  async function read(...chunks: readonly string[]): Promise<string> {
    let text = '';
    for await (const chunk of verifyStream(descriptor, chunksOf(...chunks)))
      text += Buffer.from(chunk).toString();
    return text;
  }

  test('lets the content through, however it is cut', async () => {
    assert.equal(await read('content'), 'content');
    assert.equal(await read('con', '', 'tent'), 'content');
  });

  test('refuses other, shorter and longer content', async () => {
    await assertRejectsWithCode(read('contenT'), ContentError, 'DIGEST_MISMATCH');
    await assertRejectsWithCode(read('conten'), ContentError, 'SIZE_MISMATCH');
    await assertRejectsWithCode(read(), ContentError, 'SIZE_MISMATCH');
    await assertRejectsWithCode(read('content', '!'), ContentError, 'SIZE_MISMATCH');
  });

  test('never gives more bytes than the descriptor says', async () => {
    let given = 0;
    const work = async (): Promise<void> => {
      for await (const chunk of verifyStream(descriptor, chunksOf('cont', 'ent and much more')))
        given += chunk.byteLength;
    };
    await assertRejectsWithCode(work, ContentError, 'SIZE_MISMATCH');
    assert.equal(given, 4);
  });

  test('a descriptor above the bound is refused before a byte is asked for', async () => {
    const source = { fetch: (): Bytes => assert.fail('asked') };
    await assertRejectsWithCode(
      fetchBytes(source, descriptor, descriptor.size - 1),
      ContentError,
      'SIZE_LIMIT',
    );
  });
});
