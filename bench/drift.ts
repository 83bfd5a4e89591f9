// Drift: many objects vandalised in random ways and how soon each is right again, repairs that nothing asked for, what
// repairs leave behind in an object, and what is sent while nothing happens.
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '../src/kube/request.ts';
import type { Site } from '../test/site/site.ts';
import { appKinds, appNames, appsNamespace, largeApp } from './cluster/apps.ts';
import { concurrently } from './cluster/concurrently.ts';
import { publishFleet } from './cluster/fleet.ts';
import { measureGrowth, type ManagedFieldsSize } from './cluster/one-object.ts';
import { reportLoad } from './cluster/load.ts';
import type { ClusterOptions } from './cluster/options.ts';
import { untilQuiet } from './cluster/phase.ts';
import { withPrograms, type Programs } from './cluster/programs.ts';
import { createRandom, pick, shuffle } from './cluster/random.ts';
import { createGoal, isReady, reachAll, watchFrom } from './cluster/progress.ts';
import { watchRepairs, type RepairWatch } from './cluster/repairs.ts';
import { formatTally, openAuditLog, totalOf, withoutUpkeep, type AuditLog } from './cluster/requests.ts';
import { pullerUser, sealiftSide, startPuller } from './cluster/sealift-side.ts';
import { formatTable } from './cluster/table.ts';
import { pathOf, vandalisms } from './cluster/vandals.ts';
import { withCluster } from './cluster/with-cluster.ts';
import { spreadOf, type Spread } from './timing.ts';
import type { Report } from './report.ts';

const objectsPerApp = 10;
/** Bad writes that wait for their repair at once: so few that it is no queue that is measured. */
const vandalsAtOnce = 4;
const readyTimeoutMs = 300_000;

type Size = {
  readonly apps: number;
  readonly statusUpdates: number;
  readonly repairs: number;
  readonly idleMs: number;
};
const usual: Size = { apps: 100, statusUpdates: 10_000, repairs: 1000, idleMs: 5 * 60_000 };
const quick: Size = { apps: 10, statusUpdates: 500, repairs: 30, idleMs: 5000 };

export async function run(report: Report, options: ClusterOptions): Promise<void> {
  const chosen = options.isQuick ? quick : usual;
  const size = {
    ...chosen,
    apps: options.counts?.[0] ?? chosen.apps,
    idleMs: options.idleMs ?? chosen.idleMs,
  };
  reportLoad(report, 'start');
  await withPrograms(async (programs) => {
    const registry = await programs.startRegistry('registry');
    const apps = appNames(size.apps);
    const fleet = await publishFleet({ host: registry.host, count: size.apps, objectsOf: largeApp });
    try {
      await fleet.moveTags(apps, 'v1');
      await withCluster(async (site) => {
        const side = sealiftSide({ programs, fleet, profiles: options.profiles });
        const controllers = await side.start(site);
        const ready = createGoal(size.apps);
        const statuses = await watchFrom(site.admin, {
          kind: side.statusKind,
          namespace: appsNamespace,
          form: 'full',
          onEvent: ({ object }) => {
            if (isReady(object)) ready.add(object.metadata.name);
          },
        });
        await side.submit(site.admin, apps);
        await reachAll({ ready }, readyTimeoutMs);
        statuses.stop();
        const audit = openAuditLog(site.plane.auditLogFile, [pullerUser]);
        const bench = { report, site, audit, size, random: createRandom(options.seed), apps };
        await audit.mark();
        await untilQuiet(audit);
        await measureRepairs(bench);
        await measureFalseRepairs(bench);
        await measureIdle(bench);
        await controllers.stop();
        await reportGrowth(bench, programs);
      });
    } finally {
      fleet.close();
      await registry.stop();
    }
  });
  reportLoad(report, 'end');
}

type Bench = {
  readonly report: Report;
  readonly site: Site;
  readonly audit: AuditLog;
  readonly size: Size;
  readonly random: () => number;
  readonly apps: readonly string[];
};

/** Every object once, in a random order, each in a random way that fits it. */
async function measureRepairs({ report, site, audit, random, size }: Bench): Promise<void> {
  const watch = await watchRepairs(site.admin, Object.values(appKinds));
  const { targets } = watch;
  const expected = size.apps * objectsPerApp;
  if (targets.length !== expected) throw new Error(`${targets.length} objects are watched, not ${expected}`);
  await audit.mark();
  const found = new Map<string, number[]>();
  const missed: string[] = [];
  await concurrently(shuffle(random, targets), vandalsAtOnce, async (target) => {
    const vandalism = pick(
      random,
      vandalisms.filter(({ fits }) => fits(target)),
    );
    const ms = await watch.measure(target, vandalism);
    if (ms === undefined) missed.push(`${target.kind.kind} ${target.name} after ${vandalism.name}`);
    else found.set(vandalism.name, [...(found.get(vandalism.name) ?? []), ms]);
  });
  reportRepairs(report, { watch, found, missed });
  const tally = await untilQuiet(audit);
  watch.stop();
  report(
    'repair-requests',
    `requests for ${targets.length} repairs: ${totalOf(tally)}: ${formatTally(tally)}`,
    Object.fromEntries(tally),
  );
}

type Found = {
  readonly watch: RepairWatch;
  readonly found: ReadonlyMap<string, readonly number[]>;
  readonly missed: readonly string[];
};

function reportRepairs(report: Report, { watch, found, missed }: Found): void {
  const all = [...found.values()].flat();
  const row = (name: string, values: readonly number[]): readonly string[] => {
    const { p50, p99 } = spreadOf(values);
    const shown = [p50, p99, Math.max(...values)].map((value) => `${value.toFixed(1)} ms`);
    return [name, String(values.length), ...shown];
  };
  const rows = [
    ['', 'objects', 'median', 'p99', 'slowest'],
    ...[...found].map(([name, values]) => row(name, values)),
    row('all', all),
  ];
  const wrong = watch.wrong();
  const failures = `not repaired within 30 s: ${missed.length}${missed.map((one) => `\n  ${one}`).join('')}\nwrong at the end: ${wrong.length}`;
  const title = `repairs, ${vandalsAtOnce} at once, from the answer to the bad write to the event that shows it right`;
  const spreads: Readonly<Record<string, Spread>> = Object.fromEntries(
    [...found].map(([name, values]) => [name, spreadOf(values)]),
  );
  const { p50, p99 } = spreadOf(all);
  report('repairs', `${title}\n${formatTable(rows)}\n${failures}`, {
    objects: all.length,
    p50Ms: p50,
    p99Ms: p99,
    slowestMs: Math.max(...all),
    missed: missed.length,
    wrong: wrong.length,
    ...Object.fromEntries(
      Object.entries(spreads).flatMap(([name, spread]) => [
        [`${name}.p50Ms`, spread.p50],
        [`${name}.p99Ms`, spread.p99],
      ]),
    ),
  });
}

/** Status changes of objects that are kept, as their controllers make them: nothing of them is ours. */
async function measureFalseRepairs({ report, site, audit, size, apps }: Bench): Promise<void> {
  await audit.mark();
  const turns = Array.from({ length: size.statusUpdates }, (_, turn) => turn);
  await concurrently(turns, 24, async (turn) => {
    const app = apps[turn % apps.length];
    if (app !== undefined) await updateStatus(site.admin, app, turn);
  });
  const tally = await untilQuiet(audit);
  report(
    'false-repairs',
    `${size.statusUpdates} status updates of Deployments: ${totalOf(withoutUpkeep(tally))} requests of the puller (${formatTally(withoutUpkeep(tally))})`,
    { statusUpdates: size.statusUpdates, requests: totalOf(withoutUpkeep(tally)) },
  );
}

async function updateStatus(admin: KubeClient, app: string, turn: number): Promise<void> {
  const condition = {
    type: 'Noise',
    status: turn % 2 === 0 ? 'True' : 'False',
    reason: 'Bench',
    message: `turn ${turn}`,
  };
  await admin.request({
    method: 'PATCH',
    path: pathOf({ kind: appKinds.deployment, namespace: appsNamespace, name: app }, 'status'),
    query: { fieldManager: 'noise' },
    contentType: 'application/strategic-merge-patch+json',
    body: { status: { conditions: [condition] } },
  });
}

async function measureIdle({ report, audit, size }: Bench): Promise<void> {
  await audit.mark();
  await delay(size.idleMs);
  const tally = await audit.count();
  const beyond = withoutUpkeep(tally);
  report(
    'idle',
    `${size.idleMs / 1000} idle seconds: ${totalOf(beyond)} requests beyond watches and leases (${formatTally(beyond)}); all: ${formatTally(tally)}`,
    { idleMs: size.idleMs, beyond: totalOf(beyond), all: totalOf(tally) },
  );
}

async function reportGrowth({ report, site, size, apps }: Bench, programs: Programs): Promise<void> {
  const puller = await startPuller(site, {
    programs: { ...programs, puller: programs.tirelessPuller },
    profiles: undefined,
  });
  const watch = await watchRepairs(site.admin, [appKinds.deployment]);
  const [app = ''] = apps;
  const { repairs, first, round, last } = await measureGrowth(site.admin, watch, {
    app,
    repairs: size.repairs,
  });
  watch.stop();
  await puller.stop();
  report(
    'growth',
    `managedFields of one Deployment, its status aside, after 1 repair: ${show(first)}; after one of each way: ${show(round)}; after ${repairs}: ${show(last)} (a puller whose fight detector never tires)`,
    {
      repairs,
      firstBytes: first.bytes,
      roundBytes: round.bytes,
      lastBytes: last.bytes,
      firstEntries: first.entries,
      lastEntries: last.entries,
    },
  );
}

function show({ bytes, entries, managers }: ManagedFieldsSize): string {
  return `${bytes} bytes in ${entries} (${managers})`;
}
