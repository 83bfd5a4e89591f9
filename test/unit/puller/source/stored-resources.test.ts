import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { storeResources } from '../../../../puller/source/stored-resources.ts';
import { pullerLimits } from '../../../../src/limits.ts';
import { resourceSchema, type Resource } from '../../../../src/resources/resource.ts';

function makeResource(name: string, data: object): Resource {
  return resourceSchema.parse({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
}

test('gives the same resources before, while and after they are packed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 8 }),
      fc.boolean(),
      async (list, isLarge) => {
        const filler = isLarge ? { filler: 'x'.repeat(pullerLimits.packLength / 2) } : {};
        const resources = list.map((data, index) => makeResource(`r-${index}`, { ...data, ...filler }));
        // Plain objects of any prototype: what counts is what is sent.
        const texts = resources.map((resource) => JSON.stringify(resource));
        const stored = storeResources(resources);
        const check = (): void => {
          assert.deepEqual(
            stored.all().map((one) => JSON.stringify(one)),
            texts,
          );
          for (const index of texts.keys()) assert.equal(JSON.stringify(stored.at(index)), texts[index]);
        };
        check();
        const packing = [stored.pack(), stored.pack()];
        check();
        await Promise.all(packing);
        check();
        await stored.pack();
        check();
      },
    ),
    { numRuns: 40 },
  );
});

test('has none beyond its end', async () => {
  const stored = storeResources([makeResource('only', {})]);
  assert.throws(() => stored.at(1), RangeError);
  await stored.pack();
  assert.throws(() => stored.at(1), RangeError);
});
