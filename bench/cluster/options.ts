// What the benches on a control plane take from the command line.
import { resolve } from 'node:path';

export type ClusterOptions = {
  /** Few objects and short waits: to try the bench, not to measure. */
  readonly isQuick: boolean;
  /** Folders with the programs of peers, by name. */
  readonly peers: Readonly<Record<string, string>>;
  /** Numbers of artifacts, instead of the usual ones. */
  readonly counts: readonly number[] | undefined;
  /** How long nothing happens while requests are counted, instead of the usual time. */
  readonly idleMs: number | undefined;
  /** Folder that the puller's CPU profiles go to; it runs slower then. */
  readonly profiles: string | undefined;
  readonly seed: number;
};

export const clusterFlags = {
  quick: { type: 'boolean' },
  peer: { type: 'string', multiple: true },
  count: { type: 'string', multiple: true },
  idle: { type: 'string' },
  profile: { type: 'string' },
  seed: { type: 'string', default: '1' },
} as const;

export const clusterUsage = `  drift, reconcile and scale take
  --quick             few objects and short waits: to try them, not to measure
  --peer flux=FOLDER  reconcile: also runs source-controller and kustomize-controller of FOLDER, with their CRDs in FOLDER/crds
  --count NUMBER      artifacts, instead of the usual number; may be repeated for reconcile
  --idle SECONDS      how long requests are counted while nothing happens
  --profile FOLDER    writes the puller's CPU profiles there
  --seed NUMBER       of what is random
`;

type Values = {
  readonly quick?: boolean | undefined;
  readonly peer?: readonly string[] | undefined;
  readonly count?: readonly string[] | undefined;
  readonly idle?: string | undefined;
  readonly profile?: string | undefined;
  readonly seed: string;
};

/** The options, or undefined where a value is not what it should be. */
export function readClusterOptions(values: Values): ClusterOptions | undefined {
  const { quick = false, peer = [], count, idle, profile } = values;
  const peers = peer.map((text) => /^(flux)=(.+)$/u.exec(text));
  const counts = count?.map(Number);
  const idleMs = idle === undefined ? undefined : Number(idle) * 1000;
  const seed = Number(values.seed);
  const areNumbers = [...(counts ?? []), idleMs ?? 1, seed].every((one) => Number.isFinite(one) && one > 0);
  if (!areNumbers || peers.includes(null)) return undefined;
  return {
    isQuick: quick,
    peers: Object.fromEntries(peers.map((match) => [match?.[1] ?? '', resolve(match?.[2] ?? '')])),
    counts,
    idleMs,
    profiles: profile === undefined ? undefined : resolve(profile),
    seed,
  };
}
