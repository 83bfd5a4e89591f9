// Many Deliveries in one process: what installing them, changing one object of each, doing nothing and starting again
// cost in time, requests and memory, beside the budgets of the design.
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerProcess } from '../test/control-plane/server-process.ts';
import type { Site } from '../test/site/site.ts';
import { appKinds, appNames, appsNamespace, largeApp, type AppKind, type Version } from './cluster/apps.ts';
import { publishFleet, type Fleet } from './cluster/fleet.ts';
import { reportLoad } from './cluster/load.ts';
import type { ClusterOptions } from './cluster/options.ts';
import { measurePhase, untilQuiet, type Phase } from './cluster/phase.ts';
import { withPrograms, type Programs } from './cluster/programs.ts';
import { createGoal, reachAll, resourceKindOf, watchFrom, watchProgress } from './cluster/progress.ts';
import { createRandom, shuffle } from './cluster/random.ts';
import {
  formatTally,
  openAuditLog,
  totalOf,
  withoutUpkeep,
  writesOf,
  type AuditLog,
} from './cluster/requests.ts';
import { pullerUser, sealiftSide, startPuller } from './cluster/sealift-side.ts';
import { formatTable, seconds } from './cluster/table.ts';
import { readCpuSeconds, watchUsage, type Usage } from './cluster/usage.ts';
import { vandalisms } from './cluster/vandals.ts';
import { withCluster } from './cluster/with-cluster.ts';
import type { Report } from './report.ts';

const objectsPerApp = 10;
const usual = { apps: 1000, idleMs: 60_000 };
const quick = { apps: 20, idleMs: 3000 };
/** Objects that are spoilt while the puller is down, each of another Delivery: the last repair ends the restart. */
const spoiltWhileDown = 20;
const timeoutMs = 300_000;

/** What the design allows at 1,000 Deliveries of 10 objects. */
const budget = { installRequests: 14_000, changeRequests: 3000, peakMiB: 130 };

export async function run(report: Report, options: ClusterOptions): Promise<void> {
  const chosen = options.isQuick ? quick : usual;
  const size = { apps: options.counts?.[0] ?? chosen.apps, idleMs: options.idleMs ?? chosen.idleMs };
  reportLoad(report, 'start');
  await withPrograms(async (programs) => {
    const registry = await programs.startRegistry('registry');
    const fleet = await publishFleet({ host: registry.host, count: size.apps, objectsOf: largeApp });
    try {
      await withCluster(async (site) => {
        const audit = openAuditLog(site.plane.auditLogFile, [pullerUser]);
        const apps = appNames(size.apps);
        const random = createRandom(options.seed);
        const bench: Bench = { report, programs, fleet, site, audit, options, size, apps, random };
        const puller = await measurePhases(bench);
        await measureSteady(bench, puller);
        await puller.stop();
        const second = await measureRestart(bench, 'restart', []);
        await second.stop();
        const spoilt = shuffle(random, apps).slice(0, spoiltWhileDown);
        const third = await measureRestart(bench, 'restart-with-drift', spoilt);
        await third.stop();
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
  readonly programs: Programs;
  readonly fleet: Fleet;
  readonly site: Site;
  readonly audit: AuditLog;
  readonly options: ClusterOptions;
  readonly size: { readonly apps: number; readonly idleMs: number };
  readonly apps: readonly string[];
  readonly random: () => number;
};

/** Installs all, then changes one object of each; gives the puller that did. */
async function measurePhases(bench: Bench): Promise<ServerProcess> {
  const { report, programs, fleet, site, audit, options, size, apps } = bench;
  const side = sealiftSide({ programs, fleet, profiles: options.profiles });
  await fleet.moveTags(apps, 'v1');
  const controllers = await side.start(site);
  const processes = controllers.processes();
  const measure = async (
    version: Version,
    { kinds, objects }: { readonly kinds: readonly AppKind[]; readonly objects: number },
    ask: () => Promise<void>,
  ): Promise<Phase> => {
    const progress = await watchProgress(site.admin, {
      version,
      apps: size.apps,
      objectsPerApp: objects,
      objectKinds: kinds,
      statusKind: side.statusKind,
      revisionOf: (app) => fleet.revisionOf(app, version),
    });
    return measurePhase({ processes, others: site.plane.processes(), audit, progress, ask });
  };
  const all = { kinds: Object.values(appKinds), objects: objectsPerApp };
  const install = await measure('v1', all, () => side.submit(site.admin, apps));
  const one = { kinds: [appKinds.configMap], objects: 1 };
  const change = await measure('v2', one, async () => {
    await fleet.moveTags(apps, 'v2');
    await side.requestLooks(site.admin, apps);
  });
  report('phases', phasesTable(size.apps, { install, change }), {});
  for (const [name, phase] of Object.entries({ install, change })) {
    report(name, `${name}, requests: ${formatTally(phase.requests)}`, {
      appliedMs: phase.appliedMs,
      readyMs: phase.readyMs,
      requests: totalOf(phase.requests),
      peakRssMiB: phase.usage.peakMiB,
      peakRssAnonMiB: phase.usage.peakAnonMiB,
      cpuSeconds: phase.usage.cpuSeconds,
    });
  }
  const [puller] = processes;
  if (puller === undefined) throw new Error('there is no puller');
  return puller;
}

function phasesTable(
  apps: number,
  { install, change }: Readonly<Record<'install' | 'change', Phase>>,
): string {
  const row = (name: string, phase: Phase, requests: number): readonly string[] => [
    name,
    seconds(phase.appliedMs),
    seconds(phase.readyMs),
    String(totalOf(phase.requests)),
    apps === usual.apps ? `≤ ${requests}` : '-',
    `${phase.usage.peakMiB.toFixed(0)} MiB`,
    `≤ ${budget.peakMiB} MiB`,
    `${phase.usage.peakAnonMiB.toFixed(0)} MiB`,
    `${phase.usage.cpuSeconds.toFixed(1)} s`,
  ];
  const heading = ['', 'applied', 'Ready', 'requests', 'budget', 'peak RSS', 'budget', 'RssAnon', 'CPU'];
  return `${apps} Deliveries of ${objectsPerApp} objects\n${formatTable([
    heading,
    row('install', install, budget.installRequests),
    row('one object changed in each', change, budget.changeRequests),
  ])}`;
}

async function measureSteady({ report, audit, size }: Bench, puller: ServerProcess): Promise<void> {
  const endUsage = await watchUsage([puller.pid]);
  await audit.mark();
  await delay(size.idleMs);
  const tally = await audit.count();
  const usage = await endUsage();
  report(
    'steady',
    `steady for ${size.idleMs / 1000} s: ${totalOf(withoutUpkeep(tally))} requests beyond watches and leases; all: ${formatTally(tally)}; ${memory(usage)}; ${usage.cpuSeconds.toFixed(2)} CPU seconds`,
    {
      idleMs: size.idleMs,
      beyond: totalOf(withoutUpkeep(tally)),
      all: totalOf(tally),
      rssMiB: usage.endMiB,
      rssAnonMiB: usage.endAnonMiB,
      cpuSeconds: usage.cpuSeconds,
    },
  );
}

/** Starts the puller again; where objects were spoilt meanwhile, it has converged with the last repair. */
async function measureRestart(bench: Bench, key: string, spoilt: readonly string[]): Promise<ServerProcess> {
  const { report, programs, site, audit, options } = bench;
  const { admin } = site;
  const repaired = createGoal(spoilt.length);
  const broken = new Set(spoilt);
  const edit = vandalisms.find(({ name }) => name === 'edit');
  for (const app of spoilt)
    await edit?.run(admin, { kind: appKinds.service, namespace: appsNamespace, name: app });
  const watch = await watchFrom(admin, {
    kind: resourceKindOf(appKinds.service),
    namespace: appsNamespace,
    form: 'metadata',
    onEvent: ({ object }) => {
      const { name, labels } = object.metadata;
      if (broken.has(name) && labels?.['bench.sealift.dev/version'] === 'v1') repaired.add(name);
    },
  });
  await audit.mark();
  const startMs = performance.now();
  const puller = await startPuller(site, { programs, profiles: options.profiles });
  const followingMs = performance.now() - startMs;
  const endUsage = await watchUsage([puller.pid]);
  if (spoilt.length > 0) await reachAll({ repaired }, timeoutMs);
  const convergedMs =
    spoilt.length > 0 ? (await repaired.reached) - startMs : await untilIdle(puller, startMs);
  watch.stop();
  const tally = await untilQuiet(audit);
  const usage = await endUsage();
  const how = spoilt.length > 0 ? `last of ${spoilt.length} objects repaired` : 'no more CPU used';
  report(
    key,
    `${key}: Deliveries followed after ${seconds(followingMs)}, converged (${how}) after ${seconds(convergedMs)}; ${totalOf(tally)} requests, ${writesOf(withoutUpkeep(tally))} writes beside the lease: ${formatTally(tally)}; ${memory(usage)}; ${usage.cpuSeconds.toFixed(1)} CPU seconds`,
    {
      followingMs,
      convergedMs,
      requests: totalOf(tally),
      writes: writesOf(withoutUpkeep(tally)),
      peakRssMiB: usage.peakMiB,
      cpuSeconds: usage.cpuSeconds,
    },
  );
  return puller;
}

const idleSpanMs = 1000;
const idleCpuSeconds = 0.05;

/** Where nothing is to be written, only its CPU time tells that it has read everything; ms since the start. */
async function untilIdle(puller: ServerProcess, startMs: number): Promise<number> {
  for (;;) {
    const beganMs = performance.now();
    const before = await readCpuSeconds(puller.pid);
    await delay(idleSpanMs);
    if ((await readCpuSeconds(puller.pid)) - before < idleCpuSeconds) return beganMs - startMs;
    if (beganMs - startMs > timeoutMs) throw new Error('the puller does not come to rest');
  }
}

function memory({ peakMiB, endMiB, endAnonMiB }: Usage): string {
  return `RSS peak ${peakMiB.toFixed(0)} MiB, at the end ${endMiB.toFixed(0)} MiB (RssAnon ${endAnonMiB.toFixed(0)})`;
}
