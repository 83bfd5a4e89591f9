// Problems of files as annotations of a run: on file and line, with a title, and never more than the runner shows of a
// step; the log has them all.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { startRegistry } from '../../src/server/registry.ts';
import { generateKeyPair } from '../../src/signing/keys.ts';
import { annotationsOf, runStep } from '../helpers/action-step.ts';
import { makeTempDir } from '../helpers/temp.ts';

const { privatePem } = await generateKeyPair('');
const count = 14;

const inputsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  publish: {
    created: 'none',
    'signing-key': privatePem,
    'allow-plaintext-secrets': 'false',
    'dry-run': 'false',
    'commit-status': 'false',
  },
  diff: { base: 'production', context: '3', 'fail-on': 'none', comment: 'false' },
};

suite('problems of files', () => {
  for (const [action, inputs] of Object.entries(inputsOf)) {
    test(`${action} shows nine on their lines, and how many more there are`, async (t) => {
      const folder = await makeTempDir(t);
      const workspace = join(folder, 'workspace');
      const names = Array.from(
        { length: count },
        (_, index) => `f${String(index + 1).padStart(2, '0')}.yaml`,
      );
      await mkdir(join(workspace, 'deploy/base'), { recursive: true });
      for (const [index, name] of names.entries()) {
        // As many lines before the wrong one as the file has in its name.
        const text = `${'# more\n'.repeat(index)}apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n`;
        await writeFile(join(workspace, 'deploy/base', name), text);
      }
      const server = await startRegistry({ directory: join(folder, 'registry') });
      t.after(() => server.close());
      const result = await runStep({
        entry: join(import.meta.dirname, `../../action/${action}/index.ts`),
        temp: join(folder, 'run'),
        workspace,
        inputs: {
          repository: `oci://${server.host}/config/app`,
          path: 'deploy',
          'plain-http': 'false',
          summary: 'true',
          ...inputs,
        },
      });
      assert.equal(result.code, 1, result.everything);
      const shown = annotationsOf(result, 'error');
      assert.equal(shown.length, 10, shown.join('\n'));
      for (const [index, line] of shown.slice(0, 9).entries()) {
        const place = `file=deploy/base/${names[index]},line=${index + 3},col=`;
        assert.ok(line.startsWith(`::error title=Object is not valid (RESOURCE_INVALID),${place}`), line);
      }
      assert.equal(shown[9], '::error title=More problems::5 more problems are in the log of this step');
      for (const name of names.slice(9)) {
        assert.match(result.stdout, new RegExp(`^Object is not valid .*base/${name}:\\d+`, 'mu'));
      }
    });
  }
});
