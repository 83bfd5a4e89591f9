// What has one source and two places is fresh: puller/deploy as src/api says, the README's tables as action.yml says.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateDeploy, generateReadme } from '../tools/generate.ts';

const root = join(import.meta.dirname, '..');

test('puller/deploy is fresh', async () => {
  const folder = join(root, 'puller', 'deploy');
  const generated = generateDeploy();
  assert.deepEqual((await readdir(folder)).sort(), [...generated.keys()].sort());
  for (const [name, text] of generated) {
    assert.equal(await readFile(join(folder, name), 'utf8'), text, `${name} is old: run npm run generate`);
  }
});

test("the README's tables are fresh", async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const actionYaml = await readFile(join(root, 'action.yml'), 'utf8');
  assert.match(readme, /\| `signing-key` \|/u);
  assert.equal(readme, generateReadme(readme, actionYaml), 'README.md is old: run npm run generate');
});
