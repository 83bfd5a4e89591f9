// Packing: the same files give the same bytes. The golden digests must never change: docs/artifact-format.md promises it.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { artifactLayer } from '../../../src/artifact/artifact.ts';
import { packArtifact, type ArtifactFile } from '../../../src/artifact/pack.ts';
import { unpackLayer } from '../../../src/artifact/unpack.ts';
import { ArchiveError, ContentError } from '../../../src/errors.ts';
import { archiveLimits } from '../../../src/limits.ts';
import { computeDigest } from '../../../src/oci/digest.ts';
import { emptyDescriptor } from '../../../src/oci/descriptor.ts';
import { parseManifest } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { fileSets } from '../../helpers/artifact-files.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

function file(path: string, text = path): ArtifactFile {
  return { path, bytes: Buffer.from(text) };
}

const longPath = `${'folder/'.repeat(20)}${'name'.repeat(30)}.yaml`;
const files = [file('b.yaml', 'b: 1\n'), file('a/c.yaml', ''), file('ä/ö.yaml', 'ü'), file(longPath, 'long')];
const annotations = {
  'org.opencontainers.image.revision': 'v1',
  'org.opencontainers.image.source': 'https://example.org',
};

suite('packArtifact', () => {
  test('gives the golden digests', () => {
    const { manifest, layer, config } = packArtifact(files, annotations);
    assert.equal(
      computeDigest(gunzipSync(layer.bytes)),
      'sha256:6b413545218f3333948059a1dffb3665be739ea3e84c20cc53b693c30ff248a2',
    );
    assert.equal(
      layer.descriptor.digest,
      'sha256:d3c3194e7b34a744f55daa6dc5fc193676be54ff523c9d27d5f217e104383ac1',
    );
    assert.equal(
      config.descriptor.digest,
      'sha256:3d0afc634f028f48f1d656ebe5488a638fe7554fef60e395bddb8141dd5023fe',
    );
    assert.equal(
      manifest.descriptor.digest,
      'sha256:d325f17cf9201e289cc316ae733339946703890e30a4463a08e417b70918f8d2',
    );
  });

  test('gives the golden manifest', () => {
    const { manifest } = packArtifact([file('a.yaml', 'a: 1\n')], annotations);
    assert.equal(
      Buffer.from(manifest.bytes).toString('utf8'),
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.cncf.flux.config.v1+json","digest":"sha256:df8c976140e26e3a28fce6aee946fbb496ab53fa6d08f8780ed98e100735ba99","size":153},"layers":[{"mediaType":"application/vnd.cncf.flux.content.v1.tar+gzip","digest":"sha256:4e9799eefdf746be128731fd54f2e279c8937165a75060a562925d32a4b710cb","size":90}],"annotations":{"org.opencontainers.image.revision":"v1","org.opencontainers.image.source":"https://example.org"}}',
    );
  });

  test('leaves annotations out where there are none', () => {
    const manifest = parseManifest(packArtifact(files, {}).manifest.bytes);
    assert.equal('annotations' in manifest, false);
  });

  test('has the types of Flux, and the diff id of the tar', () => {
    const { manifest, layer, config } = packArtifact(files, {});
    const parsed = parseManifest(manifest.bytes);
    assert.equal(parsed.config.mediaType, 'application/vnd.cncf.flux.config.v1+json');
    assert.equal(artifactLayer(parsed).mediaType, 'application/vnd.cncf.flux.content.v1.tar+gzip');
    const { rootfs } = JSON.parse(Buffer.from(config.bytes).toString('utf8'));
    assert.deepEqual(rootfs, { type: 'layers', diff_ids: [computeDigest(gunzipSync(layer.bytes))] });
  });

  test('does not depend on the order of files or annotations', () => {
    const reversed = Object.fromEntries(Object.entries(annotations).toReversed());
    assert.deepEqual(packArtifact(files.toReversed(), reversed), packArtifact(files, annotations));
  });

  test('does not change its input', () => {
    const given = [file('b'), file('a')];
    packArtifact(given, {});
    assert.deepEqual(given, [file('b'), file('a')]);
  });

  test('refuses no files, too many, too large ones, unsafe paths', () => {
    assertThrowsWithCode(() => packArtifact([], {}), ArchiveError, 'ARCHIVE_EMPTY');
    const many = Array.from({ length: archiveLimits.entries + 1 }, (_, number) => file(`${number}`, ''));
    assertThrowsWithCode(() => packArtifact(many, {}), ArchiveError, 'ENTRY_LIMIT');
    const large = { path: 'a', bytes: Buffer.alloc(archiveLimits.fileBytes + 1) };
    assertThrowsWithCode(() => packArtifact([large], {}), ArchiveError, 'ARCHIVE_TOO_LARGE');
    for (const path of [
      '',
      '/a',
      '../a',
      'a/../b',
      './a',
      'a//b',
      'a/',
      'a\\b',
      'C:a',
      'a\0b',
      'a\nb',
      'x'.repeat(1025),
      'a/'.repeat(40),
    ]) {
      assertThrowsWithCode(() => packArtifact([file(path)], {}), ArchiveError, 'ENTRY_UNSAFE_PATH');
    }
  });
});

test('unpacking gives back what was packed, sorted', async () => {
  await fc.assert(
    fc.asyncProperty(fileSets, async (given) => {
      const unpacked = await unpackLayer(packArtifact(given, {}).layer.bytes);
      const expected = given.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
      assert.deepEqual(
        unpacked.map((entry) => [entry.path, Buffer.from(entry.bytes).toString('hex')]),
        expected.map((entry) => [entry.path, Buffer.from(entry.bytes).toString('hex')]),
      );
    }),
    { seed: 1, numRuns: 150 },
  );
});

suite('artifactLayer', () => {
  const layer = { ...emptyDescriptor, mediaType: mediaTypes.fluxContent };
  const base = { schemaVersion: 2 as const, config: emptyDescriptor };

  test('is the only one', () => {
    assert.equal(artifactLayer({ ...base, layers: [layer] }), layer);
    assertThrowsWithCode(() => artifactLayer({ ...base, layers: [] }), ContentError, 'MANIFEST_INVALID');
    assertThrowsWithCode(
      () => artifactLayer({ ...base, layers: [layer, layer] }),
      ContentError,
      'MANIFEST_INVALID',
    );
  });

  test('is a tar of files', () => {
    assertThrowsWithCode(
      () => artifactLayer({ ...base, layers: [emptyDescriptor] }),
      ContentError,
      'MEDIA_TYPE_UNEXPECTED',
    );
  });
});
