// Runs every behaviour of `test/reconcile` beside the others on one control plane, with simulated pods and one puller.
// BEHAVIOUR=TEXT picks those whose file name holds the text.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTransport } from '../../src/registry/transport.ts';
import { withTempDir } from '../helpers/temp.ts';
import { startSite } from '../site/site.ts';
import type { Behaviour } from './behaviour.ts';
import { openBed, type Bed, type BedOptions } from './bed.ts';

const concurrency = 6;
const folder = join(import.meta.dirname, '..', 'reconcile');

async function loadBehaviours(): Promise<
  readonly { readonly file: string; readonly behaviour: Behaviour }[]
> {
  const wanted = process.env['BEHAVIOUR'] ?? '';
  const files = (await readdir(folder))
    .filter((file) => file.endsWith('.ts') && wanted.split(',').some((one) => file.includes(one)))
    .sort();
  return Promise.all(
    files.map(async (file) => {
      const loaded: unknown = await import(join(folder, file));
      assert.ok(isBehaviourModule(loaded), `${file} exports no behaviour`);
      return { file: file.slice(0, -'.ts'.length), behaviour: loaded.behaviour };
    }),
  );
}

function isBehaviourModule(loaded: unknown): loaded is { readonly behaviour: Behaviour } {
  return typeof loaded === 'object' && loaded !== null && 'behaviour' in loaded;
}

test('the reconciler', { concurrency }, async (t) => {
  const behaviours = await loadBehaviours();
  assert.ok(behaviours.length > 0, 'there is no such behaviour');
  const transport = createTransport();
  try {
    await withTempDir(async (directory) => {
      const site = await startSite({ directory, workloads: true });
      try {
        const puller = await site.startPuller();
        const ground = { site, transport, puller: () => puller };
        let count = 0;
        const open =
          (file: string) =>
          (options?: BedOptions): Promise<Bed> =>
            openBed(ground, `${file.slice(0, 40)}-${(count += 1)}`, options);
        await Promise.all(
          behaviours.map(({ file, behaviour }) =>
            t.test(`${file}: ${behaviour.title}`, () => behaviour.run(open(file))),
          ),
        );
      } finally {
        await site.stop();
      }
    });
  } finally {
    transport.close();
  }
});
