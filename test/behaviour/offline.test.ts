// Verification asks nobody but the store of the artifact: no log, no timestamp authority, no update service, no name
// server. Three witnesses: what the process itself starts, told by a preload; the counters of a network namespace from
// which nothing leads out unseen; and the import graph, in which the verifier reaches no network module at all.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { startRegistry } from '../../src/server/registry.ts';
import { cacheFolder } from '../components/cache.ts';
import { requireComponents } from '../components/locate.ts';
import { waitUntil } from '../control-plane/wait.ts';
import type { Finished } from '../helpers/cli.ts';
import { openField, recordOf } from '../helpers/field.ts';
import { readImportGraph, reachableIn, type ImportGraph } from '../helpers/import-graph.ts';
import { openNamespace, type Traffic } from '../helpers/namespace.ts';
import type { PullerAnswer, PullerTask } from '../helpers/offline-puller.ts';
import { startSigstore } from '../servers/sigstore/stack.ts';

const helpers = join(import.meta.dirname, '..', 'helpers');
const witness = join(helpers, 'witness.ts');
const cli = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const predicateType = 'https://example.org/tests/v1';
/** Documentation addresses: nothing is there, wherever this runs. */
const elsewhere = '203.0.113.7:5000';

await requireComponents(['etcd', 'kube-apiserver', 'kube-controller-manager']);
const field = await openField();
const sigstore = await startSigstore(field.path('sigstore'));
after(async () => {
  await sigstore.stop();
  await field.close();
});

/** Everything that is verified is signed here, with services that are gone for good where it is verified. */
const prepared = await startRegistry({ directory: field.path('registry') });
const { host } = prepared;
const otherWorkflow = 'example-org/other/.github/workflows/release.yml@refs/heads/main';
await Promise.all([
  field.signer('release'),
  field.signer('promoter'),
  field.signer('stranger'),
  field.write('root.json', sigstore.trustedRoot()),
  field.write('root-no-log.json', sigstore.trustedRoot({ tlogs: false })),
  field.write('config.json', sigstore.signingConfig()),
  field.write('config-no-log.json', sigstore.signingConfig({ rekor: false })),
  field.write('a.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'),
  field.write('tests.json', '{"passed": true}'),
]);
const keyless = {
  issuer: sigstore.issuer,
  subject: sigstore.identity(),
  trustedRootRef: { name: 'root' },
};
const policySpec = {
  authorities: [
    { name: 'workflow', keyless },
    { name: 'promoter', key: { data: await field.read('promoter.pub') } },
  ],
  signatures: { authorities: ['workflow'] },
  promotion: { channels: [{ tag: 'production', authorities: ['promoter'] }] },
  attestations: [{ predicateType, authorities: ['workflow'], expr: 'predicate.passed' }],
};
const rootObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'root' },
  data: { 'trusted_root.json': JSON.stringify(sigstore.trustedRoot()) },
};
const url = `oci://${host}/offline/*`;
await field.policies('policy.yaml', { url, spec: policySpec, ...policySpec }, rootObject);

const services = ['--signing-config', 'config.json', '--trusted-root', 'root.json'];
const pushed: readonly (readonly [string, readonly string[]])[] = [
  ['key', ['--key', 'release.key']],
  ['legacy', ['--key', 'release.key', '--signature-format', 'legacy']],
  ['keyless', services],
  [
    'legacy-keyless',
    ['--signing-config', 'config-no-log.json', ...services.slice(2), '--signature-format', 'legacy'],
  ],
  ['app', services],
];
const push = (name: string, flags: readonly string[], tag = '1.0'): readonly string[] => [
  'push',
  `oci://${host}/offline/${name}:${tag}`,
  '-f',
  'a.yaml',
  ...flags,
];
const asWorkflow = { SIGSTORE_ID_TOKEN: sigstore.token() };
const asOther = { SIGSTORE_ID_TOKEN: sigstore.token({ job_workflow_ref: otherWorkflow }) };
await Promise.all([
  ...pushed.map(([name, flags]) => field.json(push(name, flags), asWorkflow)),
  field.json(push('other', services, 'production'), asOther),
]);
const app = `oci://${host}/offline/app`;
await field.json(['sign', `${app}:1.0`, ...services, '--attest', `${predicateType}=tests.json`], asWorkflow);
const promoting = ['promote', `${app}:1.0`, 'production', '--key', 'promoter.key', '--policy', 'policy.yaml'];
const promoted = await field.json(promoting);
const { digest } = await field.json(['verify', `${app}:production`, '--policy', 'policy.yaml']);
await field.policies(
  'policy-record.yaml',
  { url, spec: policySpec, ...policySpec },
  rootObject,
  recordOf({
    repository: 'offline/app',
    channel: 'production',
    sequence: Number(promoted['sequence']) + 1,
    digest: String(digest),
  }),
);
await prepared.close();

let witnesses = 0;

type Watched = { readonly heard: () => Promise<readonly string[]>; readonly env: Record<string, string> };

/** What a process's preload tells, each line once. */
function watched(): Watched {
  witnesses += 1;
  const file = field.path(`witness-${witnesses}.txt`);
  return {
    env: { ...field.env, SEALIFT_WITNESS: file },
    heard: async () => [...new Set((await readFile(file, 'utf8')).trimEnd().split('\n'))],
  };
}

function since(before: Traffic, now: Traffic): Omit<Traffic, 'asked'> {
  return {
    left: now.left - before.left,
    datagrams: now.datagrams - before.datagrams,
    opened: now.opened - before.opened,
    taken: now.taken - before.taken,
  };
}

suite('sealift verify connects to the registry and to nothing else', async () => {
  const namespace = await openNamespace();
  const serve = ['serve', field.path('registry'), '--listen', host, '--read-only'];
  const registry = namespace.start(process.execPath, [cli, ...serve], { cwd: field.cwd, env: field.env });
  after(async () => {
    registry.child.kill('SIGTERM');
    await registry.finished;
    await namespace.close();
  });
  assert.equal(await registry.firstLine(), host);

  async function verify(args: readonly string[]): Promise<Finished> {
    const { env, heard } = watched();
    const before = await namespace.traffic();
    const command = ['--import', witness, cli, 'verify', ...args, '-o', 'json'];
    const finished = await namespace.start(process.execPath, command, { cwd: field.cwd, env }).finished;
    const now = await namespace.traffic();
    assert.deepEqual(await heard(), ['watching', `tcp ${host}`], finished.stderr);
    const { left, datagrams, opened, taken } = since(before, now);
    assert.deepEqual({ left, datagrams, untaken: opened - taken }, { left: 0, datagrams: 0, untaken: 0 });
    assert.ok(opened > 0);
    assert.deepEqual(now.asked, [host]);
    return finished;
  }

  const identified = (identity: string, root: string): readonly string[] => [
    `--certificate-identity=${identity}`,
    `--certificate-oidc-issuer=${sigstore.issuer}`,
    `--trusted-root=${root}`,
  ];
  const me = sigstore.identity();
  const accepted: readonly (readonly [string, string, readonly string[]])[] = [
    ['a key', 'key:1.0', ['--verify-key', 'release.pub']],
    ['a legacy signature by key', 'legacy:1.0', ['--verify-key', 'release.pub']],
    ['an identity, with its log entry and timestamp', 'keyless:1.0', identified(me, 'root.json')],
    ['a legacy signature by identity', 'legacy-keyless:1.0', identified(me, 'root-no-log.json')],
    ['a policy with identities, promotion and attestations', 'app:production', ['--policy', 'policy.yaml']],
  ];
  for (const [name, repository, args] of accepted) {
    test(name, async () => {
      const { code, stdout, stderr } = await verify([`oci://${host}/offline/${repository}`, ...args]);
      assert.equal(code, 0, `${stdout}${stderr}`);
      assert.equal(JSON.parse(stdout).verified, true);
    });
  }

  // A refusal must not send it looking for more: newer roots, revocations, the log itself.
  const refused: readonly (readonly [string, string, readonly string[]])[] = [
    ['SIGNATURE_INVALID', 'key:1.0', ['--verify-key', 'stranger.pub']],
    ['SIGNATURE_INVALID', 'legacy:1.0', ['--verify-key', 'stranger.pub']],
    ['IDENTITY_MISMATCH', 'other:production', identified(me, 'root.json')],
    ['LOG_PROOF_MISSING', 'legacy-keyless:1.0', identified(me, 'root.json')],
    ['SEQUENCE_REPLAYED', 'app:production', ['--policy', 'policy-record.yaml']],
    ['CONTENT_MISSING', 'nothing:1.0', ['--verify-key', 'release.pub']],
  ];
  for (const [code, repository, args] of refused) {
    test(`${code} of ${repository}`, async () => {
      const { stdout, stderr } = await verify([`oci://${host}/offline/${repository}`, ...args]);
      assert.equal(JSON.parse(stdout).error.code, code, stderr);
    });
  }
});

test('the puller, from its start to Ready, connects to the registry and the API server', async () => {
  const namespace = await openNamespace();
  try {
    const task: PullerTask = {
      registry: field.path('registry'),
      policy: policySpec,
      trustedRoot: await field.read('root.json'),
      accepted: 'offline/app',
      refused: 'offline/other',
      folder: field.cwd,
    };
    const { KUBEBUILDER_ASSETS: assets } = process.env;
    const env = {
      SEALIFT_CACHE: cacheFolder(process.env),
      ...(assets === undefined ? {} : { KUBEBUILDER_ASSETS: assets }),
    };
    const program = [join(helpers, 'offline-puller.ts'), JSON.stringify(task)];
    const running = namespace.start(process.execPath, program, { cwd: field.cwd, env });
    const { code, stdout, stderr } = await running.finished;
    assert.equal(code, 0, stderr);
    const answer: PullerAnswer = JSON.parse(stdout);
    assert.deepEqual([answer.policy, answer.refusal], ['offline', 'IDENTITY_MISMATCH']);
    assert.deepEqual(
      [...new Set(answer.heard)].toSorted(),
      [`tcp ${answer.registry}`, `tcp ${answer.apiServer}`, 'watching'].toSorted(),
    );
    const { left, datagrams, opened, taken } = since(answer.before, answer.after);
    assert.deepEqual({ left, datagrams, untaken: opened - taken }, { left: 0, datagrams: 0, untaken: 0 });
  } finally {
    await namespace.close();
  }
});

suite('the witnesses see what they are there for', async () => {
  const namespace = await openNamespace();
  after(() => namespace.close());

  /** Runs until the condition holds, then ends it: nobody answers, and nothing is waited out. */
  async function until(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    condition: (seen: Omit<Traffic, 'asked'>) => Promise<boolean> | boolean,
  ): Promise<void> {
    const before = await namespace.traffic();
    const running = namespace.start(process.execPath, args, { cwd: field.cwd, env });
    try {
      const what = `what ${args.join(' ')} must be seen doing`;
      await waitUntil(async () => condition(since(before, await namespace.traffic())), {
        what,
        timeoutMs: 20_000,
      });
    } finally {
      running.child.kill('SIGKILL');
      await running.finished;
    }
  }

  test('a registry elsewhere is told by the process and by the kernel', async () => {
    const { env, heard } = watched();
    const args = [
      '--import',
      witness,
      cli,
      'verify',
      `oci://${elsewhere}/app:1.0`,
      '--verify-key',
      'release.pub',
    ];
    await until(args, env, ({ left, opened, taken }) => left > 0 && opened > taken);
    assert.deepEqual(await heard(), ['watching', `tcp ${elsewhere}`]);
    assert.ok((await namespace.traffic()).asked.every((asked) => asked === elsewhere));
  });

  test('a name that is looked up is told by the process', async () => {
    const { env, heard } = watched();
    const args = [
      '--import',
      witness,
      cli,
      'verify',
      'oci://registry.invalid/app:1.0',
      '--verify-key',
      'release.pub',
    ];
    await until(args, env, async () => (await heard()).includes('dns registry.invalid'));
  });

  const attempts: Readonly<Record<string, readonly [string, RegExp, 'left' | 'datagrams']>> = {
    'a lookup': [
      "import { resolve4 } from 'node:dns/promises'; await resolve4('tuf-repo-cdn.sigstore.dev')",
      /^dns tuf-repo-cdn\.sigstore\.dev$/mu,
      'datagrams',
    ],
    'a datagram': [
      "import { createSocket } from 'node:dgram'; createSocket('udp4').send('?', 53, '203.0.113.53')",
      /^udp 203\.0\.113\.53$/mu,
      'left',
    ],
    'a connection': [
      "import { connect } from 'node:net'; connect(443, '203.0.113.7')",
      /^tcp 203\.0\.113\.7:443$/mu,
      'left',
    ],
    'TLS over IPv6': [
      "import { request } from 'node:https'; request('https://[2001:db8:1::7]/').end()",
      /^tcp 2001:db8:1::7:443$/mu,
      'left',
    ],
    fetch: ["await fetch('http://203.0.113.7/')", /^tcp 203\.0\.113\.7:80$/mu, 'left'],
    'a worker': [
      "import { Worker } from 'node:worker_threads'; new Worker(new URL(\"data:text/javascript,import('node:net').then((net) => net.connect(443, '203.0.113.7'))\"))",
      /^tcp 203\.0\.113\.7:443$/mu,
      'left',
    ],
    'a program': [
      "import { spawn } from 'node:child_process'; spawn('bash', ['-c', 'exec 3<>/dev/tcp/203.0.113.7/443'])",
      /^spawn bash$/mu,
      'left',
    ],
  };
  for (const [name, [script, line, counter]] of Object.entries(attempts)) {
    test(`${name}: each witness without the other`, async () => {
      const args = ['--input-type=module', '--eval', script];
      await until(args, {}, (seen) => seen[counter] > 0);
      const { env, heard } = watched();
      await until(['--import', witness, ...args], env, async () => line.test((await heard()).join('\n')));
    });
  }
});

suite('by imports', () => {
  const network = new Set([
    'dgram',
    'dns',
    'dns/promises',
    'http',
    'https',
    'http2',
    'inspector',
    'net',
    'tls',
  ]);
  // Not methods of these names, nor their declarations: stores have a fetch.
  const globals =
    /(?<![.\w'"#*])(?:fetch\s*\((?!\w+\??:)|new\s+(?:WebSocket|EventSource)\b)|\bglobalThis\.fetch\b/u;
  const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/gu, '');

  /** Files that can reach a network, or start what could. */
  function openers(graph: ImportGraph, files: Iterable<string>): readonly string[] {
    const found = [...files].filter((path) => {
      const { builtins = [], text = '' } = graph.get(path) ?? {};
      return (
        builtins.some((name) => network.has(name) || name === 'child_process') || globals.test(code(text))
      );
    });
    return found.toSorted();
  }

  test('the verifier and the policy engine reach no network module, in whatever package', async () => {
    for (const entry of ['src/operations/verify.ts', 'puller/source/accept.ts']) {
      const graph = await readImportGraph(entry);
      for (const path of ['src/trust/judge.ts', 'src/signing/certified.ts', 'src/signing/candidates.ts']) {
        assert.ok(graph.has(path), `${entry} without ${path}`);
      }
      assert.ok([...graph.keys()].some((path) => path.startsWith('node_modules/@sigstore/verify/')));
      assert.deepEqual(openers(graph, graph.keys()), [], entry);
    }
  });

  /** Sockets are opened by the transport and what it is made of; some only ask whether a text is an IP address. */
  const connecting = ['agents', 'no-proxy', 'realm', 'tls', 'transport', 'tunnel'].map(
    (name) => `src/registry/${name}.ts`,
  );

  test('of the command, only the transport of the registry does', async () => {
    const graph = await readImportGraph('src/cli/verify.ts');
    // What runs credential helpers is reached by the command alone, and the lock of layouts: a socket in a directory.
    const local = ['src/layout/writer-lock.ts', 'src/registry/credentials/run-helper.ts'];
    assert.deepEqual(openers(graph, graph.keys()), [...connecting, ...local].toSorted());
  });

  test('of the puller, the transport, the API server’s client and the probes do', async () => {
    const graph = await readImportGraph('puller/main.ts');
    // The package reads kubeconfigs; its requests are made by src/kube.
    const reached = reachableIn(graph, 'puller/main.ts', (path) =>
      path.includes('node_modules/@kubernetes/'),
    );
    assert.deepEqual(
      openers(graph, reached).filter((path) => !path.startsWith('src/kube/')),
      ['puller/probes.ts', ...connecting],
    );
    const services = [...graph.keys()].filter((path) =>
      /^src\/signing\/keyless\/|@sigstore\/(?:sign|tuf)\//u.test(path),
    );
    assert.deepEqual(services, []);
  });

  test('openers are found at all', async () => {
    const graph = await readImportGraph('src/cli/sign.ts');
    assert.ok(openers(graph, graph.keys()).includes('src/signing/keyless/ask.ts'));
    assert.ok(globals.test('const a = await fetch(url)'));
    assert.ok(!globals.test('source.fetch(descriptor)'));
  });
});
