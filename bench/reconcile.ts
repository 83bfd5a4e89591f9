// The reconciler against the raw floor and, where its programs are given (`--peer flux=FOLDER`), against Flux: each side
// on a fresh control plane, with the same signed artifacts from the same registry, first created, then upgraded.
import { appNames, smallApp, type Version } from './cluster/apps.ts';
import { publishFleet, type Fleet } from './cluster/fleet.ts';
import { floorConcurrency, measureFloor, type Floor } from './cluster/floor.ts';
import { fluxSide } from './cluster/flux-side.ts';
import { reportLoad } from './cluster/load.ts';
import type { ClusterOptions } from './cluster/options.ts';
import { measurePhase, type Phase } from './cluster/phase.ts';
import { withPrograms, type Programs } from './cluster/programs.ts';
import { smallAppKinds, watchProgress } from './cluster/progress.ts';
import { formatByVerb, formatTally, openAuditLog, totalOf } from './cluster/requests.ts';
import { sealiftSide } from './cluster/sealift-side.ts';
import type { Side } from './cluster/side.ts';
import type { RegistryProcess } from '../test/servers/registry-process.ts';
import { formatTable, seconds, times } from './cluster/table.ts';
import { withCluster } from './cluster/with-cluster.ts';
import type { Measured, Report } from './report.ts';

const usualCounts = [100, 500];
const quickCounts = [10];
const objectsPerApp = 4;

type PhaseName = 'create' | 'upgrade';
type Result = { readonly floor: Floor; readonly phase: Phase };
type Results = Readonly<Record<PhaseName, Result>>;

export async function run(report: Report, options: ClusterOptions): Promise<void> {
  const counts = options.counts ?? (options.isQuick ? quickCounts : usualCounts);
  reportLoad(report, 'start');
  await withPrograms(async (programs) => {
    const registry = await programs.startRegistry('registry');
    const fleet = await publishFleet({
      host: registry.host,
      count: Math.max(...counts),
      objectsOf: (app, version) => smallApp(app, version),
    });
    try {
      const sides = sidesOf(programs, fleet, options);
      for (const note of [...commonNotes, ...sides.flatMap(({ notes }) => notes)]) {
        report(`note-${note.split(':')[0]}`, note, {});
      }
      for (const count of counts) await compare(report, { sides, fleet, count, registry });
    } finally {
      fleet.close();
      await registry.stop();
    }
  });
  reportLoad(report, 'end');
}

const commonNotes = [
  'control plane: etcd without fsync, kube-apiserver, kube-controller-manager with --kube-api-qps=1000 --kube-api-burst=2000 on every side (its default caps everybody at 5 new Deployments a second)',
  'registry: one `sealift serve` for every side; a signature of one key on each artifact',
  'applied: the watch of the last object that has the version; told: of the last custom resource that says so; peak RSS: of all programs of a side together',
];

function sidesOf(programs: Programs, fleet: Fleet, { peers, profiles }: ClusterOptions): readonly Side[] {
  const sealift = sealiftSide({ programs, fleet, profiles });
  const { flux } = peers;
  return flux === undefined ? [sealift] : [sealift, fluxSide(flux, fleet)];
}

type Comparison = {
  readonly sides: readonly Side[];
  readonly fleet: Fleet;
  readonly count: number;
  readonly registry: RegistryProcess;
};

async function compare(report: Report, { sides, fleet, count, registry }: Comparison): Promise<void> {
  const apps = appNames(count);
  const results = new Map<string, Results>();
  for (const side of sides) {
    const found = await measureSide(side, { fleet, apps, registry });
    results.set(side.name, found);
    for (const name of ['create', 'upgrade'] as const) {
      const { phase } = found[name];
      report(
        `${side.name}-${count}-${name}-requests`,
        `${side.name}, ${name} of ${count}, requests: ${formatByVerb(phase.requests)}\n  ${formatTally(phase.requests)}\n  CPU beside: ${[...phase.othersCpuSeconds].map(([program, spent]) => `${program} ${spent.toFixed(1)} s`).join(', ')}`,
        Object.fromEntries(phase.requests),
      );
    }
  }
  for (const name of ['create', 'upgrade'] as const) {
    const rows = [...results].map(([side, found]) => [side, found[name]] as const);
    report(`${count}-${name}`, tableOf(name, count, rows), dataOf(rows, count));
  }
}

async function measureSide(
  side: Side,
  { fleet, apps, registry }: Pick<Comparison, 'fleet' | 'registry'> & { readonly apps: readonly string[] },
): Promise<Results> {
  await fleet.moveTags(apps, 'v1');
  return withCluster(async (site) => {
    const { admin, plane } = site;
    const controllers = await side.start(site);
    const audit = openAuditLog(plane.auditLogFile, side.users);
    const measure = async (version: Version, ask: () => Promise<void>): Promise<Result> => {
      const floor = await measureFloor(admin, apps, version);
      const progress = await watchProgress(admin, {
        version,
        apps: apps.length,
        objectsPerApp,
        objectKinds: smallAppKinds,
        statusKind: side.statusKind,
        revisionOf: (app) => fleet.revisionOf(app, version),
      });
      const processes = controllers.processes();
      const others = [...plane.processes(), registry, { name: 'bench', pid: process.pid }];
      return { floor, phase: await measurePhase({ processes, others, audit, progress, ask }) };
    };
    try {
      return {
        create: await measure('v1', () => side.submit(admin, apps)),
        upgrade: await measure('v2', async () => {
          await fleet.moveTags(apps, 'v2');
          await side.requestLooks(admin, apps);
        }),
      };
    } finally {
      await controllers.stop();
    }
  });
}

type Row = readonly [side: string, result: Result];

const heading = [
  'asked',
  'applied',
  'told',
  'Ready',
  'floor',
  'applied/floor',
  'requests',
  'an object',
  'peak RSS',
  'RssAnon',
  'CPU',
];

function tableOf(name: PhaseName, count: number, rows: readonly Row[]): string {
  const objects = count * objectsPerApp;
  const [ours, theirs] = rows;
  const title = `${name} of ${count} artifacts, ${objects} objects (floor: bare applies, ${floorConcurrency} at once)`;
  const lines = rows.map(([side, { floor, phase }]) => [
    side,
    seconds(phase.askedMs),
    seconds(phase.appliedMs),
    seconds(phase.toldMs),
    seconds(phase.readyMs),
    seconds(floor.appliedMs),
    times(phase.appliedMs / floor.appliedMs),
    String(totalOf(phase.requests)),
    (totalOf(phase.requests) / objects).toFixed(2),
    `${phase.usage.peakMiB.toFixed(0)} MiB`,
    `${phase.usage.peakAnonMiB.toFixed(0)} MiB`,
    `${phase.usage.cpuSeconds.toFixed(1)} s`,
  ]);
  const table = `${title}\n${formatTable([['', ...heading], ...lines])}`;
  if (ours === undefined || theirs === undefined) return table;
  const said = Object.entries(ratiosOf(ours[1], theirs[1])).map(
    ([what, ratio]) => `${what} ${ratio.toFixed(2)}`,
  );
  return `${table}\n${theirs[0]} / ${ours[0]}: ${said.join(', ')}`;
}

/** How many times theirs is ours: above 1 ours is better. */
function ratiosOf({ phase: ours }: Result, { phase: theirs }: Result): Readonly<Record<string, number>> {
  return {
    applied: theirs.appliedMs / ours.appliedMs,
    Ready: theirs.readyMs / ours.readyMs,
    requests: totalOf(theirs.requests) / totalOf(ours.requests),
    peakRss: theirs.usage.peakMiB / ours.usage.peakMiB,
    cpu: theirs.usage.cpuSeconds / ours.usage.cpuSeconds,
  };
}

function dataOf(rows: readonly Row[], count: number): Measured {
  const [ours, theirs] = rows;
  const members = rows.flatMap(([side, { floor, phase }]) =>
    Object.entries({
      askedMs: phase.askedMs,
      appliedMs: phase.appliedMs,
      toldMs: phase.toldMs,
      readyMs: phase.readyMs,
      floorMs: floor.appliedMs,
      floorReadyMs: floor.readyMs,
      requests: totalOf(phase.requests),
      requestsPerObject: totalOf(phase.requests) / (count * objectsPerApp),
      peakRssMiB: phase.usage.peakMiB,
      peakRssAnonMiB: phase.usage.peakAnonMiB,
      cpuSeconds: phase.usage.cpuSeconds,
    }).map(([name, value]) => [`${side}.${name}`, value] as const),
  );
  const ratios =
    ours === undefined || theirs === undefined
      ? []
      : Object.entries(ratiosOf(ours[1], theirs[1])).map(
          ([name, ratio]) => [`ratio.${name}`, ratio] as const,
        );
  return Object.fromEntries([...members, ...ratios]);
}
