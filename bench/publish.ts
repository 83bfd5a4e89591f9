// The publish action against what people put together by hand: `oras push`, `cosign sign`, `cosign verify` and `oras tag`
// of the same folder with the same encrypted key, on one registry that is neither's and has the referrers API. Ours also
// parses and checks every object, and makes the provenance.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requireComponents } from '../test/components/locate.ts';
import { readDefaults } from '../test/helpers/action-defaults.ts';
import { writeCosignFiles } from '../test/helpers/cosign.ts';
import { openField, type Field } from '../test/helpers/field.ts';
import { startReferrersRegistry } from '../test/servers/referrers-registry.ts';
import { generateKeyPair } from '../src/signing/keys.ts';
import { buildDist } from '../tools/build.ts';
import type { Report } from './report.ts';
import { timeCommands, timeRuns, type Command } from './timing.ts';

const counts = [10, 1000, 10_000] as const;
const runs = 3;
const startRuns = 9;
const actions = ['publish', 'promote', 'verify', 'diff'] as const;
const filesOfFolder = 500;
const password = 'opensesame';

export async function run(report: Report): Promise<void> {
  // Before minutes are spent.
  const { cosign, oras } = await requireComponents(['cosign', 'oras']);
  const field = await openField();
  try {
    const registry = await startReferrersRegistry(field.cwd);
    try {
      const { privatePem, publicPem } = await generateKeyPair(password);
      await Promise.all([
        field.write('release.key', privatePem),
        field.write('release.pub', publicPem),
        writeCosignFiles(field),
        field.write('output', ''),
        field.write('summary', ''),
        buildDist(field.path('dist')),
      ]);
      await field.write('dist/package.json', { type: 'module' });
      await measureStarts(report, field);
      const defaults = await readDefaults();
      for (const count of counts) {
        await writeObjects(field, count);
        const name = `files-${count}`;
        const costs = await timeRuns(
          {
            node: () => ({ path: process.execPath, args: ['--eval', ''] }),
            sealift: (at) =>
              publish(field, { defaults, signingKey: privatePem }, { host: registry.host, name, at }),
            peers: (at) => byHand({ cosign, oras }, { host: registry.host, name, at }),
          },
          { runs, cwd: field.cwd },
        );
        const { node, sealift, peers } = costs;
        report(
          name,
          `publish of ${count} files: ${seconds(sealift.ms)}, ${(sealift.ms / peers.ms).toFixed(2)} x oras and cosign (${seconds(peers.ms)}), ${sealift.peakMiB.toFixed(0)} MiB, theirs ${peers.peakMiB.toFixed(0)} MiB; CPU ${seconds(sealift.cpuMs)} and ${seconds(peers.cpuMs)}; node alone ${node.ms.toFixed(0)} ms`,
          {
            ms: sealift.ms,
            peersMs: peers.ms,
            ratio: sealift.ms / peers.ms,
            cpuMs: sealift.cpuMs,
            peersCpuMs: peers.cpuMs,
            peakMiB: sealift.peakMiB,
          },
        );
      }
    } finally {
      await registry.stop();
    }
  } finally {
    await field.close();
  }
}

/** What a step costs before it does anything: until it has refused inputs that are not there. */
async function measureStarts(report: Report, field: Field): Promise<void> {
  const start = (action: (typeof actions)[number]): Command => ({
    path: process.execPath,
    args: [field.path(`dist/${action}.js`)],
    exitCode: 1,
  });
  const costs = await timeCommands(
    {
      node: { path: process.execPath, args: ['--eval', ''] },
      publish: start('publish'),
      promote: start('promote'),
      verify: start('verify'),
      diff: start('diff'),
    },
    { runs: startRuns, cwd: field.cwd },
  );
  const floor = costs.node;
  for (const action of actions) {
    const { ms, cpuMs } = costs[action];
    report(
      `start-${action}`,
      `cold start of ${action}: ${ms.toFixed(0)} ms, ${(ms / floor.ms).toFixed(1)} x node alone (${floor.ms.toFixed(0)} ms), ${cpuMs.toFixed(0)} ms of CPU`,
      { ms, nodeMs: floor.ms, ratio: ms / floor.ms, cpuMs },
    );
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** One object a file, in folders that no tool finds too large. */
async function writeObjects(field: Field, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const folder = join(`files-${count}`, `${Math.floor(index / filesOfFolder)}`);
    if (index % filesOfFolder === 0) await mkdir(field.path(folder), { recursive: true });
    const lines = [
      'apiVersion: v1',
      'kind: ConfigMap',
      `metadata: {name: settings-${index}, namespace: shop}`,
      `data: {index: "${index}"}`,
    ];
    await field.write(join(folder, `${index}.yaml`), `${lines.join('\n')}\n`);
  }
}

type Step = { readonly host: string; readonly name: string; readonly at: number };

/** One step of a workflow, with the environment that the runner gives it. */
function publish(
  field: Field,
  {
    defaults,
    signingKey,
  }: { readonly defaults: Readonly<Record<string, string>>; readonly signingKey: string },
  { host, name, at }: Step,
): Command {
  const inputs = {
    ...defaults,
    repository: `oci://${host}/sealift/${name}-${at}`,
    path: name,
    tags: '1.0',
    'signing-key': signingKey,
    'signing-key-password': password,
  };
  const runner = {
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_OUTPUT: field.path('output'),
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'org/app',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '3003',
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_SHA: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d',
    GITHUB_STEP_SUMMARY: field.path('summary'),
    GITHUB_WORKFLOW_REF: 'org/app/.github/workflows/publish.yml@refs/heads/main',
    GITHUB_WORKSPACE: field.cwd,
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_TEMP: field.cwd,
  };
  const given = Object.entries(inputs).map(([key, value]) => `INPUT_${key.toUpperCase()}=${value}`);
  const around = Object.entries(runner).map(([key, value]) => `${key}=${value}`);
  return {
    path: '/usr/bin/env',
    args: [...given, ...around, process.execPath, field.path('dist/publish.js')],
  };
}

function byHand(
  { cosign, oras }: { readonly cosign: string; readonly oras: string },
  { host, name, at }: Step,
): Command {
  const line = [
    '"$0" push --plain-http --no-tty "$2:build" "$3"',
    '"$1" sign --key release.key --signing-config=config-empty.json --trusted-root=root-empty.json --yes "$2:build"',
    '"$1" verify --key release.pub --insecure-ignore-tlog "$2:build"',
    '"$0" tag --plain-http "$2:build" 1.0',
  ].join(' && ');
  return {
    path: '/usr/bin/env',
    args: [
      `COSIGN_PASSWORD=${password}`,
      '/bin/sh',
      '-ec',
      line,
      oras,
      cosign,
      `${host}/peers/${name}-${at}`,
      name,
    ],
  };
}
