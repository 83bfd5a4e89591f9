// Problems of files as annotations of a run: on file and line, with a title, and never more than the runner shows of a
// step; the log has them all.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { pushArtifact } from '../../src/artifact/artifact.ts';
import { packArtifact } from '../../src/artifact/pack.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { generateKeyPair } from '../../src/signing/keys.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { annotationsOf, runStep } from '../helpers/action-step.ts';
import { makeTempDir } from '../helpers/temp.ts';

const { privatePem } = await generateKeyPair('');
const count = 14;

const inputsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  publish: { 'signing-key': privatePem },
  diff: { comment: 'false' },
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
          ...(await readDefaults(action === 'publish' ? undefined : action)),
          repository: `oci://${server.host}/config/app`,
          path: 'deploy',
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

test('a problem in what the registry has stands on no file of the checkout', async (t) => {
  const folder = await makeTempDir(t);
  const workspace = join(folder, 'workspace');
  await mkdir(join(workspace, 'deploy'), { recursive: true });
  await writeFile(join(workspace, 'deploy/a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
  const server = await startRegistry({ directory: join(folder, 'registry') });
  const transport = createTransport();
  t.after(async () => {
    transport.close();
    await server.close();
  });
  const reference = { registry: server.host, repository: 'config/app' };
  const store = openRepository({ send: transport.send, reference });
  // As another tool would have pushed it.
  const files = [{ path: 'a.yaml', bytes: Buffer.from('apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n') }];
  const packed = packArtifact(files, {});
  await pushArtifact(store, packed);
  await store.tag(packed.manifest, 'production');
  const result = await runStep({
    entry: join(import.meta.dirname, '../../action/diff/index.ts'),
    temp: join(folder, 'run'),
    workspace,
    inputs: {
      ...(await readDefaults('diff')),
      repository: `oci://${server.host}/config/app`,
      path: 'deploy',
      comment: 'false',
    },
  });
  assert.equal(result.code, 1, result.everything);
  assert.match(
    annotationsOf(result, 'error').join('\n'),
    /^::error title=Object is not valid \(RESOURCE_INVALID\)::a\.yaml:3:11: /u,
  );
});
