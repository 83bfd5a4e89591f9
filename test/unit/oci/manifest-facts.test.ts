import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ContentError } from '../../../src/errors.ts';
import { readManifestFacts, type ManifestFacts } from '../../../src/oci/manifest-facts.ts';
import { describe, emptyDescriptor } from '../../../src/oci/descriptor.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';

function read(mediaType: string, value: unknown): ManifestFacts {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return readManifestFacts({ descriptor: describe(mediaType, bytes), bytes });
}

const image = { schemaVersion: 2, config: emptyDescriptor, layers: [] };

suite('facts of manifests', () => {
  const artifactTypes: [name: string, mediaType: string, value: object, artifactType: string | undefined][] =
    [
      ['its own', mediaTypes.manifest, { ...image, artifactType: 'a/b' }, 'a/b'],
      ['its config’s', mediaTypes.manifest, image, mediaTypes.empty],
      [
        'its config’s for an empty one',
        mediaTypes.manifest,
        { ...image, artifactType: '' },
        mediaTypes.empty,
      ],
      ['an index’s own', mediaTypes.index, { schemaVersion: 2, manifests: [], artifactType: 'a/b' }, 'a/b'],
      ['none for a plain index', mediaTypes.index, { schemaVersion: 2, manifests: [] }, undefined],
    ];
  for (const [name, mediaType, value, artifactType] of artifactTypes) {
    test(`artifact type: ${name}`, () => {
      assert.equal(read(mediaType, value).artifactType, artifactType);
    });
  }

  test('what a manifest is made of', () => {
    const docker = { ...image, mediaType: mediaTypes.dockerManifest, layers: [emptyDescriptor] };
    assert.deepEqual(read(mediaTypes.dockerManifest, docker).blobs, [emptyDescriptor, emptyDescriptor]);
    const list = { schemaVersion: 2, mediaType: mediaTypes.dockerIndex, manifests: [emptyDescriptor] };
    assert.deepEqual(read(mediaTypes.dockerIndex, list).manifests, [emptyDescriptor]);
  });

  test('another media type is refused', () => {
    assert.throws(() => read('application/json', image), { code: 'MEDIA_TYPE_UNEXPECTED' });
  });

  test('nothing but a ContentError is thrown for any JSON', () => {
    const member = fc.oneof(fc.jsonValue(), fc.constant(emptyDescriptor), fc.constant([emptyDescriptor]));
    const value = fc.record(
      {
        schemaVersion: fc.constantFrom(2, 1),
        config: member,
        layers: member,
        manifests: member,
        subject: member,
        annotations: member,
      },
      { requiredKeys: [] },
    );
    const types = fc.constantFrom(
      mediaTypes.manifest,
      mediaTypes.index,
      mediaTypes.dockerManifest,
      mediaTypes.dockerIndex,
    );
    fc.assert(
      fc.property(types, fc.oneof(value, fc.jsonValue()), (mediaType, any) => {
        try {
          read(mediaType, any);
        } catch (error) {
          assert.ok(error instanceof ContentError);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
