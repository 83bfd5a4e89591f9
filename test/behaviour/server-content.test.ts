// Pulling and pushing blobs and manifests, case by case as the distribution specification lists them.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ociLimits } from '../../src/limits.ts';
import { describe, emptyDescriptor } from '../../src/oci/descriptor.ts';
import { digestHex } from '../../src/oci/digest.ts';
import { formatIndex, formatManifest } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { RegistryLogEntry } from '../../src/server/registry.ts';
import { makeBlob, makeManifest } from '../helpers/content-store-contract.ts';
import { jsonOf, makeRegistry, pushBlob, pushImage, putManifest } from '../unit/server/client.ts';

const unknownDigest = `sha256:${'0'.repeat(64)}`;

suite('blobs', () => {
  test('HEAD and GET give the same headers', async (t) => {
    const { send } = await makeRegistry(t);
    const blob = makeBlob('content');
    const pushed = await pushBlob(send, 'a/b', blob);
    assert.equal(pushed.status, 201);
    assert.equal(pushed.headers.location, `/v2/a/b/blobs/${blob.descriptor.digest}`);
    const path = pushed.headers.location;
    const [head, get] = [await send('HEAD', path), await send('GET', path)];
    assert.deepEqual([head.status, get.status], [200, 200]);
    assert.deepEqual({ ...head.headers, date: '' }, { ...get.headers, date: '' });
    assert.equal(get.headers['content-length'], '7');
    assert.equal(get.headers['docker-content-digest'], blob.descriptor.digest);
    assert.equal(get.headers.etag, `"${blob.descriptor.digest}"`);
    assert.equal(get.bytes.toString(), 'content');
    assert.equal(head.bytes.byteLength, 0);
    // Some clients encode the colon.
    assert.equal((await send('GET', path.replace('sha256:', 'sha256%3A'))).status, 200);
  });

  const ranges: [range: string, status: number, body: string, contentRange: string | undefined][] = [
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=5-2', 200, '0123456789', undefined],
    ['bytes=0-1,3-4', 200, '0123456789', undefined],
    ['lines=0-1', 200, '0123456789', undefined],
    ['bytes=-', 200, '0123456789', undefined],
  ];
  test('ranges', async (t) => {
    const { send } = await makeRegistry(t);
    const blob = makeBlob('0123456789');
    const path = (await pushBlob(send, 'a', blob)).headers.location ?? '';
    for (const [range, status, body, contentRange] of ranges) {
      const reply = await send('GET', path, { headers: { range } });
      assert.equal(reply.status, status, range);
      assert.equal(reply.headers['content-range'], contentRange, range);
      if (status !== 416) assert.equal(reply.bytes.toString(), body, range);
    }
    const stale = await send('GET', path, { headers: { range: 'bytes=0-3', 'if-range': '"other"' } });
    assert.equal(stale.status, 200);
    const head = await send('HEAD', path, { headers: { range: 'bytes=0-3' } });
    assert.deepEqual([head.status, head.headers['content-length']], [200, '10']);
  });

  test('unknown and malformed digests, and DELETE', async (t) => {
    const { send } = await makeRegistry(t);
    await pushBlob(send, 'a', makeBlob('x'));
    const cases: [method: string, path: string, status: number, code: string][] = [
      ['GET', `/v2/a/blobs/${unknownDigest}`, 404, 'BLOB_UNKNOWN'],
      ['GET', `/v2/unknown/blobs/${unknownDigest}`, 404, 'BLOB_UNKNOWN'],
      ['GET', '/v2/a/blobs/sha256:12', 400, 'DIGEST_INVALID'],
      ['GET', `/v2/a/blobs/sha512:${'0'.repeat(128)}`, 400, 'DIGEST_INVALID'],
      ['DELETE', `/v2/a/blobs/${unknownDigest}`, 404, 'BLOB_UNKNOWN'],
      ['DELETE', `/v2/unknown/blobs/${unknownDigest}`, 404, 'BLOB_UNKNOWN'],
      ['DELETE', '/v2/a/blobs/sha256:12', 400, 'DIGEST_INVALID'],
    ];
    for (const [method, path, status, code] of cases) {
      const reply = await send(method, path);
      assert.deepEqual([reply.status, reply.code], [status, code], path);
    }
  });

  test('DELETE takes away what no manifest needs, and in its repository alone', async (t) => {
    const { send } = await makeRegistry(t);
    const { manifest, layer } = await pushImage(send, 'a', { text: 'x', tag: 'v1' });
    await send('POST', `/v2/b/blobs/uploads/?mount=${layer.descriptor.digest}&from=a`);
    const path = `/v2/a/blobs/${layer.descriptor.digest}`;
    const needed = await send('DELETE', path);
    assert.deepEqual([needed.status, needed.code, needed.headers.allow], [405, 'UNSUPPORTED', 'GET, HEAD']);
    // A manifest is a blob of its layout, too.
    assert.equal((await send('DELETE', `/v2/a/blobs/${manifest.descriptor.digest}`)).status, 405);
    await send('DELETE', `/v2/a/manifests/${manifest.descriptor.digest}`);
    assert.equal((await send('DELETE', path)).status, 202);
    assert.equal((await send('HEAD', path)).status, 404);
    assert.equal((await send('DELETE', path)).status, 404);
    assert.equal((await send('HEAD', `/v2/b/blobs/${layer.descriptor.digest}`)).status, 200);
    assert.equal((await putManifest(send, 'a', manifest)).code, 'MANIFEST_BLOB_UNKNOWN');
  });

  test('damaged content is never given out whole', async (t) => {
    const pulled = Promise.withResolvers<RegistryLogEntry>();
    const { send, directory } = await makeRegistry(t, {
      log: (entry) => {
        if (entry.method === 'GET') pulled.resolve(entry);
      },
    });
    const blob = makeBlob('undamaged'.repeat(100_000));
    await pushBlob(send, 'a', blob);
    const bytes = Buffer.from(blob.bytes);
    bytes[0] = 0;
    await writeFile(join(directory, 'a', 'blobs', 'sha256', digestHex(blob.descriptor.digest)), bytes);
    await assert.rejects(send('GET', `/v2/a/blobs/${blob.descriptor.digest}`), { code: 'ECONNRESET' });
    assert.equal((await pulled.promise).status, 0);
  });
});

suite('manifests', () => {
  test('are given by tag and digest, byte for byte, with 304 for a known ETag', async (t) => {
    const { send } = await makeRegistry(t);
    const { manifest, reply } = await pushImage(send, 'a/b', { text: 'x', tag: 'v1' });
    const { digest } = manifest.descriptor;
    assert.equal(reply.status, 201);
    assert.equal(reply.headers.location, `/v2/a/b/manifests/${digest}`);
    assert.equal(reply.headers['docker-content-digest'], digest);
    assert.equal(reply.headers['oci-subject'], undefined);
    for (const reference of ['v1', digest]) {
      const path = `/v2/a/b/manifests/${reference}`;
      const [head, get] = [await send('HEAD', path), await send('GET', path)];
      assert.deepEqual({ ...head.headers, date: '' }, { ...get.headers, date: '' });
      assert.equal(get.headers['content-type'], mediaTypes.manifest);
      assert.deepEqual(get.bytes, Buffer.from(manifest.bytes));
      const known = await send('HEAD', path, { headers: { 'If-None-Match': `W/"x", "${digest}"` } });
      assert.equal(known.status, 304);
      assert.equal(known.headers['docker-content-digest'], digest);
      const other = await send('GET', path, { headers: { 'If-None-Match': `"${unknownDigest}"` } });
      assert.equal(other.status, 200);
    }
  });

  test('a subject is acknowledged, also before it is there', async (t) => {
    const { send } = await makeRegistry(t);
    const subject = makeManifest('later').manifest.descriptor;
    const { reply } = await pushImage(send, 'a', { text: 'referrer', members: { subject } });
    assert.equal(reply.status, 201);
    assert.equal(reply.headers['oci-subject'], subject.digest);
  });

  test('a tag moves', async (t) => {
    const { send } = await makeRegistry(t);
    await pushImage(send, 'a', { text: 'first', tag: 'v1' });
    const { manifest } = await pushImage(send, 'a', { text: 'second', tag: 'v1' });
    const reply = await send('HEAD', '/v2/a/manifests/v1');
    assert.equal(reply.headers['docker-content-digest'], manifest.descriptor.digest);
  });

  test('Docker’s types are stored under their type', async (t) => {
    const { send } = await makeRegistry(t);
    const { layer } = await pushImage(send, 'a', { text: 'x' });
    const value = {
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: emptyDescriptor,
      layers: [
        layer.descriptor,
        {
          mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
          digest: unknownDigest,
          size: 1,
        },
      ],
    };
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    const docker = { descriptor: describe(mediaTypes.dockerManifest, bytes), bytes };
    assert.equal((await putManifest(send, 'a', docker, 'docker')).status, 201);
    const reply = await send('GET', '/v2/a/manifests/docker');
    assert.equal(reply.headers['content-type'], mediaTypes.dockerManifest);
  });

  test('deleting a tag leaves the manifest, deleting a digest leaves nothing', async (t) => {
    const { send } = await makeRegistry(t);
    const { manifest } = await pushImage(send, 'a', { text: 'x', tag: 'v1' });
    await putManifest(send, 'a', manifest, 'v2');
    const path = `/v2/a/manifests/${manifest.descriptor.digest}`;
    assert.equal((await send('DELETE', '/v2/a/manifests/v1')).status, 202);
    assert.equal((await send('DELETE', '/v2/a/manifests/v1')).code, 'MANIFEST_UNKNOWN');
    assert.equal((await send('GET', path)).status, 200);
    assert.equal((await send('DELETE', path)).status, 202);
    assert.equal((await send('DELETE', path)).status, 404);
    assert.equal((await send('GET', path)).status, 404);
    assert.equal((await send('GET', '/v2/a/manifests/v2')).code, 'MANIFEST_UNKNOWN');
  });

  test('what is not complete or not right is refused', async (t) => {
    const { send, directory } = await makeRegistry(t);
    const { manifest } = await pushImage(send, 'a', { text: 'x', tag: 'v1' });
    const { mediaType } = manifest.descriptor;
    const missing = makeManifest('missing layer').manifest;
    const sparse = formatIndex([missing.descriptor]);
    const lying = formatManifest({ config: { ...emptyDescriptor, size: 3 }, layers: [] });
    const huge = new Uint8Array(ociLimits.manifestBytes + 1).fill(0x20);
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    const cases: [
      name: string,
      reference: string,
      type: string,
      body: Uint8Array,
      status: number,
      code: string,
    ][] = [
      ['missing layer', 'v2', mediaType, missing.bytes, 400, 'MANIFEST_BLOB_UNKNOWN'],
      ['missing manifest', 'v2', mediaTypes.index, sparse.bytes, 400, 'MANIFEST_BLOB_UNKNOWN'],
      ['wrong size', 'v2', mediaType, lying.bytes, 400, 'MANIFEST_BLOB_UNKNOWN'],
      ['wrong digest', unknownDigest, mediaType, manifest.bytes, 400, 'DIGEST_INVALID'],
      ['wrong type', 'v2', mediaTypes.index, manifest.bytes, 400, 'MANIFEST_INVALID'],
      ['no manifest type', 'v2', 'application/json', manifest.bytes, 400, 'MANIFEST_INVALID'],
      ['no JSON', 'v2', mediaType, text('{'), 400, 'MANIFEST_INVALID'],
      ['no manifest', 'v2', mediaType, text('[]'), 400, 'MANIFEST_INVALID'],
      ['bad tag', '.v2', mediaType, manifest.bytes, 400, 'MANIFEST_INVALID'],
      ['too large', 'v2', mediaType, huge, 413, 'SIZE_INVALID'],
    ];
    for (const [name, reference, type, body, status, code] of cases) {
      const reply = await send('PUT', `/v2/a/manifests/${reference}`, {
        headers: { 'Content-Type': type },
        body,
      });
      assert.deepEqual([reply.status, reply.code], [status, code], name);
    }
    const chunked = { 'Content-Type': mediaType, 'Transfer-Encoding': 'chunked' };
    assert.equal((await send('PUT', '/v2/a/manifests/v2', { headers: chunked, body: huge })).status, 413);
    const reply = await putManifest(send, 'a', missing, 'v2');
    assert.match(
      reply.bytes.toString(),
      new RegExp(makeManifest('missing layer').layer.descriptor.digest, 'u'),
    );
    assert.deepEqual(jsonOf(await send('GET', '/v2/a/tags/list')), { name: 'a', tags: ['v1'] });
    // Content that went away on disk is unknown, and the answer names no path.
    await rm(join(directory, 'a', 'blobs', 'sha256', digestHex(manifest.descriptor.digest)));
    assert.equal((await send('GET', '/v2/a/manifests/v1')).status, 404);
  });

  test('unknown references are 404, also those that can’t be', async (t) => {
    const { send } = await makeRegistry(t);
    await pushImage(send, 'a', { text: 'x', tag: 'v1' });
    for (const reference of ['v2', '.INVALID_MANIFEST_NAME', unknownDigest, 'sha256:12', '%00']) {
      const reply = await send('GET', `/v2/a/manifests/${reference}`);
      assert.deepEqual([reply.status, reply.code], [404, 'MANIFEST_UNKNOWN'], reference);
    }
    assert.equal((await send('GET', '/v2/unknown/manifests/v1')).code, 'MANIFEST_UNKNOWN');
  });
});
