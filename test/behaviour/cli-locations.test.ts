// The verbs that work on registries, layouts and archives alike, as processes: copy, pull, resolve, inspect, list, diff.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { after, suite, test } from 'node:test';
import { pushArtifact } from '../../src/artifact/artifact.ts';
import { packArtifact } from '../../src/artifact/pack.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { startCommand } from '../helpers/cli.ts';
import { openField } from '../helpers/field.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';

const field = await openField();
await mkdir(field.path('docker'));
const [ours, docker] = await Promise.all([
  startRegistry({ directory: field.path('registry') }),
  startDockerRegistry(field.path('docker')),
]);
after(async () => {
  await Promise.all([ours.close(), docker.stop()]);
  await field.close();
});
await field.signer('ci');
await field.signer('other');

function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: shop}\ndata: {value: "${value}"}\n`;
}

async function publish(tag: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = field.path(`files-${tag}`);
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}`, text);
  const place = `${ours.host}/config/shop`;
  const { digest } = await field.json(['push', `${place}:${tag}`, '-f', folder, '--key', 'ci.key']);
  return String(digest);
}

const shop = `${ours.host}/config/shop`;
const first = await publish('1.0.0', { 'a.yaml': configMap('a', 'one'), 'b.yaml': configMap('b', 'same') });
const second = await publish('1.1.0', { 'a.yaml': configMap('a', 'two'), 'b.yaml': configMap('b', 'same') });

suite('over the gap', () => {
  test('a signed artifact goes to an archive, to a registry without referrers, and verifies at each stop', async () => {
    await field.json(['copy', `${shop}:1.0.0`, 'oci-archive:gap.tar']);
    await field.json(['verify', 'oci-archive:gap.tar:1.0.0', '--verify-key', 'ci.pub']);
    const site = `${docker.host}/site/shop`;
    const copied = await field.json(['copy', 'oci-archive:gap.tar:1.0.0', `${site}:prod`]);
    assert.deepEqual(copied['artifacts'], [{ digest: first, tags: ['prod'] }]);
    assert.equal(copied['referrers'], 1);
    assert.equal((await field.json(['resolve', `${site}:prod`]))['digest'], first);
    await field.json(['verify', `${site}:prod`, '--verify-key', 'ci.pub']);
    await field.refused('SIGNATURE_INVALID', ['verify', `${site}:prod`, '--verify-key', 'other.pub']);
    const again = await field.json(['copy', 'oci-archive:gap.tar:1.0.0', `${site}:prod`]);
    assert.deepEqual(again['copied'], { count: 0, bytes: 0 });
  });

  test('policies judge an archive by the URL that the site will follow', async () => {
    await field.json(['copy', `${shop}:1.0.0`, 'oci-archive:judged.tar']);
    await field.signer('release');
    const policy = await field.policies('ci.yaml', {
      url: 'oci://registry.site/config/*',
      authorities: ['ci'],
      signatures: { authorities: ['ci'] },
      promotion: null,
    });
    const verify = ['verify', 'oci-archive:judged.tar:1.0.0', '--policy', policy];
    await field.refused('INPUT_MISSING', verify);
    const judged = await field.json([...verify, '--as', 'oci://registry.site/config/shop']);
    assert.deepEqual(judged['matched'], ['policy/ci']);
  });

  test('all tags go at once, and tags of tools stay out of the list', async () => {
    const copied = await field.json(['copy', '--all-tags', shop, 'oci-layout:all']);
    assert.deepEqual(copied['artifacts'], [
      { digest: first, tags: ['1.0.0'] },
      { digest: second, tags: ['1.1.0'] },
    ]);
    const listed = await field.run(['list', 'oci-layout:all']);
    assert.equal(listed.stdout, '1.0.0\n1.1.0\n');
    const all = await field.json(['list', 'oci-layout:all', '--all']);
    assert.equal(Array.isArray(all['tags']) && all['tags'].length, 4);
    await field.refused('INPUT_CONFLICT', ['copy', '--all-tags', `${shop}:1.0.0`, 'oci-layout:x']);
  });

  test('a copy of what is not there makes nothing', async () => {
    await field.refused('CONTENT_MISSING', ['copy', `${shop}:9.9.9`, 'oci-layout:nothing']);
    await field.refused('CONTENT_MISSING', ['copy', `${shop}:9.9.9`, 'oci-archive:nothing.tar']);
    const names = await readdir(field.cwd);
    assert.deepEqual(
      names.filter((name) => name.startsWith('nothing')),
      [],
    );
    await field.refused('INPUT_INVALID', ['copy', `${shop}:1.0.0`, `oci-layout:x@${first}`]);
    await field.refused('INPUT_MISSING', ['copy', shop, 'oci-layout:x']);
  });

  test('nothing but the result comes in a pipe', async () => {
    const { stdout, stderr, code } = await field.run(['copy', `${shop}:1.0.0`, 'oci-layout:quiet']);
    assert.equal(code, 0);
    assert.equal(stdout, `${first}\n`);
    assert.match(stderr, /^copied 9 \([\d.]+ KiB\), 0 were there, 1 referrers\n$/u);
  });
});

suite('inspect', () => {
  test('tells what a manifest is made of and what is attached', async () => {
    const found = await field.json(['inspect', `${shop}:1.0.0`]);
    assert.equal(found['reference'], `${shop}@${first}`);
    const { stdout } = await field.run(['inspect', `${shop}:1.0.0`]);
    const roles = stdout.split('\n').map((row) => row.split(' ')[0]);
    assert.deepEqual(roles, ['manifest', 'config', 'layer', 'referrer', 'tag', '']);
  });

  test('gives the manifest’s own bytes', async () => {
    const { stdout } = await field.run(['inspect', `${shop}@${first}`, '--raw']);
    const { size } = await field.json(['resolve', `${shop}:1.0.0`]);
    assert.equal(Buffer.byteLength(stdout), size);
    assert.equal(JSON.parse(stdout).schemaVersion, 2);
  });

  test('control characters change no bytes and fake no lines', async () => {
    const store = await openLayout(field.path('odd'), { create: true });
    const odd = 'a\nsubject    sha256:0\u{7f}';
    const file = { path: 'a.yaml', bytes: Buffer.from(configMap('a', 'odd')) };
    const packed = packArtifact([file], { odd, plain: 'a b' });
    const { manifest } = packed;
    await pushArtifact(store, packed);
    await store.tag(manifest, 'odd');
    const raw = await field.run(['inspect', 'oci-layout:odd:odd', '--raw']);
    assert.equal(raw.stdout, Buffer.from(manifest.bytes).toString());
    const rows = (await field.run(['inspect', 'oci-layout:odd:odd'])).stdout.split('\n');
    assert.deepEqual(
      rows.filter((line) => /^(?:annotation|subject)/u.test(line)),
      ['annotation odd="a\\nsubject    sha256:0\u{fffd}"', 'annotation plain=a b'],
    );
  });
});

suite('pull', () => {
  test('unpacks what is signed, and nothing else unless it is asked for', async () => {
    const keys = ['--verify-key', 'ci.pub'];
    const pulled = await field.json(['pull', `${shop}:1.0.0`, 'site', ...keys]);
    assert.deepEqual(
      [pulled['digest'], pulled['files'], pulled['verified'], pulled['matched']],
      [first, 2, true, ['ci.pub']],
    );
    assert.equal(await readFile(field.path('site/a.yaml'), 'utf8'), configMap('a', 'one'));
    await field.refused('SIGNATURE_INVALID', ['pull', `${shop}:1.1.0`, 'wrong', '--verify-key', 'other.pub']);
    await assert.rejects(stat(field.path('wrong')), { code: 'ENOENT' });
    await field.refused('INPUT_MISSING', ['pull', `${shop}:1.1.0`, 'none']);
    await field.refused('INPUT_CONFLICT', ['pull', `${shop}:1.1.0`, 'none', '--unverified', ...keys]);
    await field.refused('INPUT_CONFLICT', ['pull', `${shop}:1.1.0`, 'site', ...keys]);
    await field.json(['pull', `${shop}:1.1.0`, 'site', '--replace', ...keys]);
    assert.equal(await readFile(field.path('site/a.yaml'), 'utf8'), configMap('a', 'two'));
    const unverified = await field.json(['pull', `${shop}:1.1.0`, 'unsigned', '--unverified']);
    assert.equal(unverified['verified'], false);
  });
});

suite('diff', () => {
  test('of two artifacts shows what differs, and says so by its exit code where asked', async () => {
    const args = ['diff', `${shop}:1.0.0`, `${shop}:1.1.0`];
    const { stdout, stderr, code } = await field.run(args);
    assert.equal(code, 0);
    assert.match(stdout, /^-\s+value: one$/mu);
    assert.match(stdout, /^\+\s+value: two$/mu);
    assert.equal(stderr, '0 created, 1 configured, 0 deleted, 1 unchanged\n');
    assert.equal((await field.run([...args, '--exit-code'])).code, 2);
    assert.equal((await field.run(['diff', `${shop}:1.0.0`, `${shop}:1.0.0`, '--exit-code'])).code, 0);
  });

  test('of an artifact and files masks Secrets', async () => {
    await mkdir(field.path('edited'));
    await field.write('edited/a.yaml', configMap('a', 'one'));
    await field.write(
      'edited/s.yaml',
      'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {password: hunter2-4711}\n',
    );
    const changed = await field.json(['diff', `${shop}:1.0.0`, '-f', 'edited']);
    assert.doesNotMatch(JSON.stringify(changed), /hunter2|4711/u);
    const { stdout } = await field.run(['diff', `${shop}:1.0.0`, '-f', 'edited']);
    assert.match(stdout, /password/u);
    assert.doesNotMatch(stdout, /hunter2|4711/u);
    const plan = await field.run(['diff', `${shop}:1.0.0`, '-f', 'edited', '-o', 'markdown']);
    assert.match(plan.stdout, /^### Plan for <code>.*1 to create, /u);
    assert.match(plan.stdout, /^base <code>sha256:[0-9a-f]{64}<\/code> → head <code>edited<\/code>$/mu);
    assert.doesNotMatch(plan.stdout, /hunter2|4711/u);
    await field.refused('INPUT_INVALID', ['diff', `${shop}:1.0.0`]);
  });
});

test('Ctrl-C ends a copy, and what came in whole is used by the next one', async () => {
  const { cwd, env } = field;
  const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;
  const args = [main, 'copy', '--all-tags', shop, 'oci-archive:cut.tar'];
  const { child, finished } = startCommand(process.execPath, args, { cwd, env });
  child.kill('SIGINT');
  const { code } = await finished;
  assert.ok(code === 130 || code === null, `ended with ${code}`);
  await field.json(args.slice(1));
  const listed = await field.run(['list', 'oci-archive:cut.tar']);
  assert.equal(listed.stdout, '1.0.0\n1.1.0\n');
});
