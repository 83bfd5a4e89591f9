// A hole in promoting by a policy file that a review found: a policy on trial was promoted for instead of the one that
// is enforced.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { apiVersion } from '../../../src/api/common.ts';
import { readPromotionScope } from '../../../src/cli/promotion-options.ts';
import type { World } from '../../../src/cli/world.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { publicPemOf, signerNamed } from '../../helpers/signers.ts';
import { makeTempDir } from '../../helpers/temp.ts';

type Document = { readonly name: string; readonly mode: 'Enforce' | 'Audit'; readonly epoch: number };

const world: World = {
  env: {},
  stdout: () => undefined,
  stderr: () => undefined,
  stdin: {
    isTerminal: false,
    read: () => assert.fail('stdin was read'),
    askSecret: () => assert.fail('a secret was asked for'),
  },
  now: () => 0,
  random: () => 0,
  signal: new AbortController().signal,
};

/** The epoch of what is to be promoted by a file of these policies. */
async function epochOf(t: TestContext, ...documents: readonly Document[]): Promise<number> {
  const authorities = await Promise.all(
    ['release', 'promoter'].map(async (name) => ({
      name,
      key: { data: publicPemOf(await signerNamed(name)) },
    })),
  );
  const texts = documents.map(({ name, mode, epoch }) =>
    JSON.stringify({
      apiVersion,
      kind: 'TrustPolicy',
      metadata: { name },
      spec: {
        match: [{ url: 'oci://registry.site/config/*' }],
        mode,
        authorities,
        signatures: { authorities: ['release'] },
        promotion: { epoch, channels: [{ tag: 'prod', authorities: ['promoter'] }] },
      },
    }),
  );
  const policy = join(await makeTempDir(t), 'policies.yaml');
  await writeFile(policy, texts.join('\n---\n'));
  const reference = parseReference('oci://registry.site/config/app:1.0');
  const { wanted } = await readPromotionScope(
    { policy },
    { reference, channel: 'prod', own: undefined },
    world,
  );
  return wanted.epoch;
}

suite('a promotion is for', () => {
  const trial: Document = { name: 'a-trial', mode: 'Audit', epoch: 2 };
  const real: Document = { name: 'z-real', mode: 'Enforce', epoch: 1 };

  test('the policy that is enforced, wherever the one on trial stands', async (t) => {
    assert.equal(await epochOf(t, trial, real), 1);
    assert.equal(await epochOf(t, real, trial), 1);
  });

  test('the one on trial where there is no other', async (t) => {
    assert.equal(await epochOf(t, trial), 2);
  });
});
