// One phase of a bench: something is asked for, and it is measured when it is applied and Ready, and what it cost.
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerProcess } from '../../test/control-plane/server-process.ts';
import { reachAll, type Progress } from './progress.ts';
import { totalOf, withoutUpkeep, type AuditLog, type Tally } from './requests.ts';
import { readCpuSeconds, watchUsage, type Usage } from './usage.ts';

export type Phase = {
  /** What the bench itself took to ask for it: to submit, or to move tags and annotate. */
  readonly askedMs: number;
  /** All objects have the version. */
  readonly appliedMs: number;
  /** All custom resources tell that they are applied. */
  readonly toldMs: number;
  readonly readyMs: number;
  readonly requests: Tally;
  readonly usage: Usage;
  /** CPU seconds of the programs that share the cores: the control plane, the registry, the bench itself. */
  readonly othersCpuSeconds: ReadonlyMap<string, number>;
};

type NamedProcess = Pick<ServerProcess, 'name' | 'pid'>;

export type PhaseOptions = {
  readonly processes: readonly ServerProcess[];
  readonly others: readonly NamedProcess[];
  readonly audit: AuditLog;
  readonly progress: Progress;
  readonly ask: () => Promise<void>;
};

const timeoutMs = 900_000;
/** What still follows (records, statuses, events) belongs to the phase. */
const quietMs = 1500;

export async function measurePhase(options: PhaseOptions): Promise<Phase> {
  const { processes, others, audit, progress, ask } = options;
  const endUsage = await watchUsage(processes.map(({ pid }) => pid));
  const othersBefore = await readCpuOf(others);
  await audit.mark();
  const startMs = performance.now();
  await ask();
  const askedMs = performance.now() - startMs;
  const { applied, told, ready } = progress;
  await reachAll({ applied, told, ready }, timeoutMs);
  progress.stop();
  const requests = await untilQuiet(audit);
  return {
    askedMs,
    appliedMs: (await applied.reached) - startMs,
    toldMs: (await told.reached) - startMs,
    readyMs: (await ready.reached) - startMs,
    requests,
    usage: await endUsage(),
    othersCpuSeconds: new Map(
      [...(await readCpuOf(others))].map(([name, seconds]) => [
        name,
        seconds - (othersBefore.get(name) ?? 0),
      ]),
    ),
  };
}

async function readCpuOf(processes: readonly NamedProcess[]): Promise<ReadonlyMap<string, number>> {
  const read = processes.map(async ({ name, pid }): Promise<[string, number]> => [
    name,
    await readCpuSeconds(pid),
  ]);
  return new Map(await Promise.all(read));
}

/** Waits until nobody sends anything for a while, streams and leases aside; gives all requests since the mark. */
export async function untilQuiet(audit: AuditLog): Promise<Tally> {
  let before = -1;
  for (;;) {
    const tally = await audit.count();
    const total = totalOf(withoutUpkeep(tally));
    if (total === before) return tally;
    before = total;
    await delay(quietMs);
  }
}
