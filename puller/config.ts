// The puller's options, from flags and the environment.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { durationSchema, parseDurationMs } from '../src/api/common.ts';
import { defaultNamespace } from '../src/api/install.ts';
import { InputError } from '../src/errors.ts';
import { loadInClusterConfig, type ClusterConfig } from '../src/kube/config.ts';
import { pullerLimits } from '../src/limits.ts';
import { environmentProxies, type ChooseProxy } from '../src/registry/proxy.ts';
import { loadKubeconfig } from '../src/kube/kubeconfig.ts';
import { parseLayoutRoots, type LayoutRoot } from './source/layout-roots.ts';

export type PullerConfig = {
  readonly cluster: ClusterConfig;
  /** Namespace of the lease, the records and the references of cluster-scoped kinds. */
  readonly namespace: string;
  /** Names this process in the lease and in Events. */
  readonly identity: string;
  /** How long others wait for the lease of a puller that has vanished. */
  readonly leaseDurationMs: number;
  readonly probes: { readonly host: string; readonly port: number } | undefined;
  /** PEM of CAs that registries' certificates must be signed by, instead of the system's. */
  readonly registryCa: string | undefined;
  /** Which proxy a registry is reached by, where a Delivery names none. */
  readonly chooseProxy: ChooseProxy;
  /** Folder on a volume that keeps what was promoted, beside the cluster's own records. */
  readonly stateFolder: string | undefined;
  /** Folders below which Deliveries may follow image layouts. */
  readonly layoutRoots: readonly LayoutRoot[];
  /** Whether sources that no TrustPolicy matches are taken as they are. */
  readonly mayBeUnverified: boolean;
};

export const pullerUsage = `sealift-puller — keeps what Deliveries ask for

  sealift-puller [--kubeconfig FILE [--context NAME]] [--namespace NAME] [--identity NAME]
                 [--lease-duration DURATION] [--probe-listen HOST:PORT] [--registry-ca-cert FILE]
                 [--state-dir FOLDER] [--layout-root NAME=FOLDER[,namespaces=NAMESPACE;…]]…
                 [--allow-unverified]

Without --kubeconfig it speaks to the cluster that it runs in, and its namespace is its pod's. It logs JSON lines to
stderr. Exit codes: 0 ended by a signal, 1 failed, 3 wrong options.
`;

/**
 * @param env of the process
 * @param monotonic monotonic milliseconds
 * @throws InputError
 */
export async function readConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  monotonic: () => number,
): Promise<PullerConfig> {
  const values = parseFlags(args);
  const cluster =
    values.kubeconfig === undefined
      ? await loadInClusterConfig({ env, readFile: async (path) => readFile(path, 'utf8'), now: monotonic })
      : await loadKubeconfig(
          values.kubeconfig,
          values.context === undefined ? {} : { context: values.context },
        );
  const caFile = values['registry-ca-cert'];
  const stateFolder = values['state-dir'];
  return {
    cluster,
    namespace: values.namespace ?? cluster.namespace ?? defaultNamespace,
    identity: values.identity ?? env['HOSTNAME'] ?? `puller-${process.pid}`,
    leaseDurationMs: parseLeaseDuration(values['lease-duration'] ?? '35s'),
    probes: values['probe-listen'] === undefined ? undefined : parseListen(values['probe-listen']),
    registryCa: caFile === undefined ? undefined : await readCa(caFile),
    chooseProxy: environmentProxies(env),
    stateFolder,
    layoutRoots: parseLayoutRoots(
      values['layout-root'] ?? [],
      stateFolder === undefined ? [] : [stateFolder],
    ),
    mayBeUnverified: values['allow-unverified'] === true,
  };
}

function parseFlags(args: readonly string[]): ReturnType<typeof parseStrictly>['values'] {
  try {
    return parseStrictly(args).values;
  } catch (cause) {
    throw new InputError('INPUT_INVALID', cause instanceof Error ? cause.message : String(cause), {
      hint: 'Run `sealift-puller --help`.',
    });
  }
}

function parseStrictly(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    strict: true,
    options: {
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      namespace: { type: 'string' },
      identity: { type: 'string' },
      'lease-duration': { type: 'string' },
      'probe-listen': { type: 'string' },
      'registry-ca-cert': { type: 'string' },
      'state-dir': { type: 'string' },
      'layout-root': { type: 'string', multiple: true },
      'allow-unverified': { type: 'boolean' },
    },
  });
}

function parseLeaseDuration(text: string): number {
  const durationMs = durationSchema.safeParse(text).success ? parseDurationMs(text) : Number.NaN;
  const { minMs, maxMs } = pullerLimits.durations.lease;
  if (durationMs >= minMs && durationMs <= maxMs) return durationMs;
  throw new InputError('INPUT_INVALID', `--lease-duration is ${JSON.stringify(text)}, not from 3s to 10m`);
}

function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/u.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    throw new InputError('INPUT_INVALID', `--probe-listen is ${JSON.stringify(text)}, not HOST:PORT`);
  }
  return { host: host.replaceAll(/[[\]]/gu, ''), port: Number(port) };
}

async function readCa(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new InputError('FILE_UNREADABLE', `${path} can not be read`, { cause });
  }
}
