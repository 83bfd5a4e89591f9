// Signing commands that answer rubbish, hang or say too much, and secrets that must not be seen: in streams, in JSON, in
// the list of processes, in what a signing command is called with. Nothing is tagged where signing failed.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { after, suite, test, type TestContext } from 'node:test';
import { waitUntil } from '../control-plane/wait.ts';
import { startCommand, type Running } from '../helpers/cli.ts';
import { openField, type Env } from '../helpers/field.ts';
import { pushValue } from '../helpers/forging.ts';
import { startProxy } from '../helpers/registry-proxy.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const registry = await startReferrersRegistry(field.cwd);
after(async () => {
  await registry.stop();
  await field.close();
});
const mainFile = new URL('../../src/cli/main.ts', import.meta.url).pathname;
await Promise.all([
  field.signer('release'),
  field.signer('other'),
  field.write('a.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'),
]);

type Place = {
  readonly store: RegistryStore;
  readonly reference: string;
  /** `push` with a signing command; the key is `release.pub`, unless told otherwise. */
  push(command: string, ...flags: readonly string[]): readonly string[];
  /** Asserts that the tag was not written. */
  assertUntagged(): Promise<void>;
};

let places = 0;

function makePlace(t: TestContext, host = registry.host): Place {
  const name = `acme/app-${(places += 1)}`;
  const store = openStore(t, `${registry.host}/${name}`);
  const reference = `${host}/${name}:1.0`;
  return {
    store,
    reference,
    push: (command, ...flags) => [
      'push',
      `oci://${reference}`,
      '-f',
      'a.yaml',
      '--signer',
      `exec:${command}`,
      ...(flags.includes('--signer-key') ? [] : ['--signer-key', 'release.pub']),
      ...flags,
    ],
    assertUntagged: async () => {
      // A repository whose blobs alone were pushed has no list of tags on every registry.
      const tags = await store.tags().catch((): readonly string[] => []);
      assert.ok(!tags.includes('1.0'));
    },
  };
}

/** A program of Node's for `--signer`, which gets the digest on its input. */
async function signerScript(name: string, body: string): Promise<string> {
  await field.write(`${name}.mjs`, body);
  return JSON.stringify([process.execPath, field.path(`${name}.mjs`)]);
}

/** OpenSSL signs a digest as it is; Node alone hashes first. */
const openssl = `openssl pkeyutl -sign -inkey ${field.path('release.key')} -pkeyopt digest:sha256`;

suite('a signing command', { concurrency: 3 }, () => {
  test('that is honest signs: digest in, signature out', async (t) => {
    const { push, reference } = makePlace(t);
    const { digest } = await field.json(push(openssl));
    const verified = await field.json(['verify', reference, '--verify-key', 'release.pub']);
    assert.equal(verified['digest'], digest);
  });

  test('may also sign promotions and what is there already', async (t) => {
    const { store, reference } = makePlace(t);
    await pushValue(store, 'a', '1.0');
    const signer = ['--signer', `exec:${openssl}`, '--signer-key', 'release.pub'];
    await field.json(['sign', reference, '--key', 'other.key']);
    const promoted = await field.json([
      'promote',
      `oci://${reference}`,
      'prod',
      '--verify-key',
      'other.pub',
      ...signer,
    ]);
    assert.equal(promoted['sequence'], 1);
    await field.refused('INPUT_CONFLICT', [
      'promote',
      `oci://${reference}`,
      'prod',
      '--verify-key',
      'release.pub',
      ...signer,
    ]);
  });

  const bad: readonly (readonly [string, string | (() => Promise<string>), RegExp])[] = [
    ['that answers rubbish', 'echo rubbish', /no signature by its public key/u],
    ['that answers nothing', 'true', /gave 0 bytes/u],
    ['that gives back its input', 'cat', /no signature by its public key/u],
    ['that fails', 'false', /ended with 1/u],
    ['that is not there', '/nowhere/signer', /could not be run/u],
    ['that answers without end', 'yes', /more than \d+ bytes/u],
    [
      'that signs with another key',
      `openssl pkeyutl -sign -inkey ${field.path('other.key')} -pkeyopt digest:sha256`,
      /no signature by its public key/u,
    ],
    ['that hashes once more', `openssl dgst -sha256 -sign ${field.path('release.key')}`, /no signature/u],
    [
      'that kills itself',
      () => signerScript('suicide', "process.kill(process.pid, 'SIGKILL');"),
      /ended with SIGKILL/u,
    ],
  ];
  for (const [name, command, says] of bad) {
    test(`${name} signs nothing, and nothing is tagged`, async (t) => {
      const { push, assertUntagged } = makePlace(t);
      const text = typeof command === 'string' ? command : await command();
      const { message } = await field.refused('SIGNER_FAILED', push(text));
      assert.match(message, says);
      await assertUntagged();
    });
  }

  for (const [name, signer, code] of [
    ['is empty', 'exec:', 'INPUT_INVALID'],
    ['has a quote without end', "exec:sign 'a", 'INPUT_INVALID'],
    ['is no array of texts', 'exec:[1]', 'INPUT_INVALID'],
    ['is of another kind', 'kms:key', 'INPUT_INVALID'],
  ] as const) {
    test(`that ${name} is refused before anything is pushed`, async (t) => {
      const { reference, assertUntagged } = makePlace(t);
      const args = ['push', `oci://${reference}`, '-f', 'a.yaml', '--signer', signer];
      await field.refused(code, [...args, '--signer-key', 'release.pub']);
      await assertUntagged();
    });
  }

  test('gets its words as they are: no shell expands them', async (t) => {
    const { push, assertUntagged } = makePlace(t);
    await field.refused('SIGNER_FAILED', push('echo $(touch expanded) ; touch expanded `touch expanded`'));
    assert.ok(!(await readdir(field.cwd)).includes('expanded'));
    await assertUntagged();
  });

  test('whose words steer the terminal is repeated without that, and bounded', async (t) => {
    const { push } = makePlace(t);
    const command = await signerScript(
      'steering',
      "process.stderr.write('\\u001b[2J\\u009b31m\\nerror: INTERNAL: well\\n' + 'x'.repeat(1e6)); process.exitCode = 1;",
    );
    const { code, stdout, stderr } = await field.run(push(command));
    assert.equal(code, 7);
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    assert.doesNotMatch(stdout + stderr, /[\u{0}-\u{8}\u{b}-\u{1f}\u{7f}-\u{9f}]/u);
    assert.doesNotMatch(stderr, /^error: INTERNAL/mu);
    assert.ok(stderr.length < 3000);
  });
});

/** Whether a process is there. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Command lines of all processes that come from this one, by way of their parents. */
async function commandLinesBelow(root: number): Promise<ReadonlyMap<number, string>> {
  const parents = new Map<number, number>();
  const lines = new Map<number, string>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/u.test(entry)) continue;
    try {
      const stat = await readFile(`/proc/${entry}/stat`, 'utf8');
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      lines.set(Number(entry), await readFile(`/proc/${entry}/cmdline`, 'utf8'));
    } catch {
      // It has ended.
    }
  }
  const isBelow = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
      if (at === root) return true;
    }
    return false;
  };
  return new Map([...lines].filter(([pid]) => isBelow(pid)));
}

function start(args: readonly string[], env: Env = {}): Running {
  return startCommand(process.execPath, [mainFile, ...args], {
    cwd: field.cwd,
    env: { ...field.env, ...env },
  });
}

suite('a signing command that hangs', { concurrency: 2 }, () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`ends with the command at ${signal}: nothing is left running, nothing is tagged`, async (t) => {
      const { push, assertUntagged } = makePlace(t);
      const file = field.path(`pid-${signal}`);
      // It would not end by itself, nor by a polite signal.
      const command = await signerScript(
        `hanging-${signal}`,
        `import { writeFileSync, renameSync } from 'node:fs';
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE']) process.on(signal, () => undefined);
writeFileSync(${JSON.stringify(`${file}.new`)}, String(process.pid));
renameSync(${JSON.stringify(`${file}.new`)}, ${JSON.stringify(file)});
setInterval(() => undefined, 1000);
`,
      );
      const { child, finished } = start([...push(command), '-o', 'json']);
      const pid = await readPid(file, finished);
      assert.ok(isAlive(pid));
      child.kill(signal);
      const { code, stdout, stderr } = await finished;
      assert.equal(code, 130);
      assert.equal(stdout, '', 'after an interrupt nothing comes to stdout');
      assert.match(stderr, /interrupted/u);
      await waitUntil(async () => !isAlive(pid), { what: 'the end of the signer', timeoutMs: 10_000 });
      await assertUntagged();
    });
  }
});

async function readPid(file: string, finished: Promise<unknown>): Promise<number> {
  let hasEnded = false;
  void finished.then(() => (hasEnded = true));
  let pid = 0;
  await waitUntil(
    async () => {
      pid = Number(await readFile(file, 'utf8'));
      return pid > 0;
    },
    {
      what: 'the signer',
      timeoutMs: 30_000,
      assertPossible: async () => assert.ok(!hasEnded, 'the command has ended'),
    },
  );
  return pid;
}

suite('secrets', { concurrency: 3 }, () => {
  const password = 'pass-Wr0d-in-no-stream';
  const token = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"sub":"a","aud":"sigstore"}').toString('base64url')}.c2VjcmV0`;

  function assertSilent(text: string): void {
    assert.ok(!text.includes(password), 'password');
    assert.ok(!text.includes('eyJhbGciOiJSUzI1NiJ9'), 'token');
    assert.ok(!text.includes('c2VjcmV0'), 'signature of the token');
    assert.ok(!text.includes('PRIVATE KEY'), 'key');
  }

  test('a password is in no stream and in no command line, while the command runs', async (t) => {
    await field.run(['keygen', '--output-key-prefix', 'locked'], { COSIGN_PASSWORD: password });
    let isHeld = false;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const proxy = await startProxy(registry.host, {
      before: async () => {
        isHeld = true;
        await held;
        return undefined;
      },
    });
    t.after(() => proxy.close());
    const { reference } = makePlace(t, proxy.host);
    const args = ['push', `oci://${reference}`, '-f', 'a.yaml', '--key', 'locked.key', '-o', 'json'];
    const { child, finished } = start(args, { COSIGN_PASSWORD: password, SEALIFT_DEBUG: '1' });
    await waitUntil(async () => isHeld, { what: 'the first request', timeoutMs: 30_000 });
    for (const line of (await commandLinesBelow(child.pid ?? 0)).values()) assertSilent(line);
    release();
    const { code, stdout, stderr } = await finished;
    assert.equal(code, 0, stderr);
    assertSilent(stdout + stderr);
  });

  test('a wrong password is not repeated, nor the key', async (t) => {
    const { reference, assertUntagged } = makePlace(t);
    await field.run(['keygen', '--output-key-prefix', 'locked-2'], { COSIGN_PASSWORD: 'another' });
    const args = ['push', `oci://${reference}`, '-f', 'a.yaml', '--key', 'locked-2.key'];
    const env = { COSIGN_PASSWORD: password, SEALIFT_DEBUG: '1' };
    const { message, hint, stderr } = await field.refused('KEY_PASSWORD_WRONG', args, env);
    assertSilent(message + (hint ?? '') + stderr);
    const { stdout, stderr: words } = await field.run(args, env);
    assertSilent(stdout + words);
    await assertUntagged();
  });

  test('a key in place of a file’s name, and a key in the environment, are not repeated', async (t) => {
    const { reference } = makePlace(t);
    const key = await field.read('release.key');
    const body = key.split('\n')[1] ?? '';
    const push = ['push', `oci://${reference}`, '-f', 'a.yaml'];
    const env = { SEALIFT_DEBUG: '1', KEY: key, BROKEN: key.replace(body, `x${body}`) };
    const { code } = await field.run([...push, '--key', 'env://KEY'], env);
    assert.equal(code, 0);
    for (const source of ['--key=env://BROKEN', `--key=${key}`]) {
      for (const output of ['json', 'text']) {
        const finished = await field.run([...push, source, '-o', output], env);
        assert.equal(finished.code, 3);
        assert.ok(!(finished.stdout + finished.stderr).includes(body), `${source.slice(0, 12)} ${output}`);
      }
    }
  });

  test('credentials in a reference or URL are refused, and not repeated', async () => {
    const keys = ['--verify-key', 'release.pub'];
    const policy = await field.policies('credentials.yaml', { url: 'oci://registry.example/app' });
    for (const scheme of ['', 'oci://', 'https://', 'docker://']) {
      const reference = `${scheme}user:${password}@registry.example/app:1.0`;
      for (const args of [
        ['verify', reference, ...keys],
        ['history', reference, 'prod', '--promotion-key', 'release.pub'],
        ['verify', 'registry.example/app:1.0', '--policy', policy, '--as', reference],
      ]) {
        for (const output of ['json', 'text']) {
          const { code, stdout, stderr } = await field.run([...args, '-o', output]);
          assert.notEqual(code, 0);
          assertSilent(stdout + stderr);
        }
      }
    }
  });

  test('a token is refused as an argument, and not repeated', async (t) => {
    const { reference } = makePlace(t);
    const services = ['--fulcio-url', 'http://127.0.0.1:1', '--timestamp-url', 'http://127.0.0.1:1'];
    const args = ['push', `oci://${reference}`, '-f', 'a.yaml', ...services];
    for (const output of ['json', 'text']) {
      const given = await field.run([...args, '--identity-token', token, '-o', output], {
        SEALIFT_DEBUG: '1',
      });
      assert.equal(given.code, 3);
      assertSilent(given.stdout + given.stderr);
    }
  });

  test('a token that a service refuses is not repeated, from the environment, a file or a job', async (t) => {
    const { reference, assertUntagged } = makePlace(t);
    await writeFile(field.path('token'), token);
    // A certificate authority that gives back what it was sent.
    const echo = await startProxy(registry.host, {
      before: ({ body, path }) => ({ status: 400, body: `${path} ${body.toString('utf8')}` }),
    });
    t.after(() => echo.close());
    const services = ['--fulcio-url', `http://${echo.host}`, '--timestamp-url', `http://${echo.host}`];
    const args = ['push', `oci://${reference}`, '-f', 'a.yaml', ...services];
    const ways: readonly (readonly [readonly string[], Env])[] = [
      [args, { SIGSTORE_ID_TOKEN: token }],
      [[...args, '--identity-token', 'token'], {}],
      [
        args,
        {
          ACTIONS_ID_TOKEN_REQUEST_URL: `http://${echo.host}/token?x=1`,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
        },
      ],
    ];
    for (const [one, env] of ways) {
      for (const output of ['json', 'text']) {
        const finished = await field.run([...one, '-o', output], { ...env, SEALIFT_DEBUG: '1' });
        assert.equal(finished.code, 7, finished.stdout + finished.stderr);
        assertSilent(finished.stdout + finished.stderr);
      }
    }
    await assertUntagged();
  });

  test('a signing command is called without secrets in its arguments, and its password is its own', async (t) => {
    const { push } = makePlace(t);
    const file = field.path('pid-secrets');
    const command = await signerScript(
      'looking',
      `import { writeFileSync, renameSync } from 'node:fs';
writeFileSync(${JSON.stringify(`${file}.new`)}, String(process.pid));
renameSync(${JSON.stringify(`${file}.new`)}, ${JSON.stringify(file)});
setInterval(() => undefined, 1000);
`,
    );
    const { child, finished } = start(push(command), { PIN: password });
    const pid = await readPid(file, finished);
    const lines = await commandLinesBelow(child.pid ?? 0);
    assert.ok(lines.has(pid), 'the signer runs below the command');
    for (const line of lines.values()) assertSilent(line);
    child.kill('SIGINT');
    assert.equal((await finished).code, 130);
  });
});
