// puller/deploy is made from src/api: the committed files are what the generator gives now.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateDeploy } from '../tools/generate.ts';

const folder = join(import.meta.dirname, '..', 'puller', 'deploy');

test('puller/deploy is fresh', async () => {
  const generated = generateDeploy();
  assert.deepEqual((await readdir(folder)).sort(), [...generated.keys()].sort());
  for (const [name, text] of generated) {
    assert.equal(await readFile(join(folder, name), 'utf8'), text, `${name} is old: run npm run generate`);
  }
});
