import assert from 'node:assert/strict';
import { fetchBytes } from '../../src/oci/content-store.ts';
import { describe } from '../../src/oci/descriptor.ts';
import { formatManifest, parseManifest } from '../../src/oci/manifest.ts';
import { attestTo } from '../helpers/forging.ts';
import { signerNamed } from '../helpers/signers.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const plainType = 'application/vnd.example.objects+json';

export const behaviour = behaviourOf(
  'layerSelector reads the layer of a type: extracted, or the file itself; where policies allow it',
  async (open) => {
    const bed = await open();
    // One artifact with two layers: an archive of somebody else's type, and one file as it is.
    const packed = parseManifest(
      (await bed.publish([bed.configMap('packed', { from: 'archive' })], 'x')).bytes,
    );
    const [archive] = packed.layers;
    assert.ok(archive !== undefined);
    const archiveBytes = await fetchBytes(bed.store, archive, 1e6);
    const renamed = { ...describe('application/vnd.example.archive', archiveBytes) };
    const bytes = Buffer.from(JSON.stringify(bed.configMap('plain', { from: 'file' })));
    const plain = { descriptor: describe(plainType, bytes), bytes };
    await bed.store.push({ descriptor: renamed, bytes: archiveBytes });
    await bed.store.push(plain);
    const manifest = formatManifest({ config: packed.config, layers: [renamed, plain.descriptor] });
    await bed.store.push(manifest);
    await attestTo(bed.store, manifest.descriptor, await signerNamed('ci'));
    await bed.store.tag(manifest, 'prod');

    const select = (layerSelector: object | undefined): object => ({
      source: { url: bed.url, interval: '1h', ref: { tag: 'prod' }, ...(layerSelector && { layerSelector }) },
    });
    await bed.follow(select(undefined));
    await bed.untilCondition('Ready', 'False', 'MANIFEST_INVALID');
    await bed.setSpec(select({ mediaType: plainType, operation: 'copy' }));
    await bed.untilReady(manifest);
    assert.equal((await bed.get(configMapOf('plain')))?.data?.['from'], 'file');
    await bed.setSpec(select({ mediaType: 'application/vnd.example.archive', operation: 'extract' }));
    await bed.untilObject(configMapOf('packed'), 'there', ({ data }) => data?.['from'] === 'archive');
    await bed.untilGone(configMapOf('plain'));
    await bed.setSpec(select({ mediaType: 'application/vnd.example.other', operation: 'copy' }));
    await bed.untilCondition('Ready', 'False', 'MEDIA_TYPE_UNEXPECTED');
    await bed.setPolicy({ allowTransforms: ['path'] });
    await bed.untilCondition('Ready', 'False', 'TRANSFORM_NOT_ALLOWED');
  },
);
