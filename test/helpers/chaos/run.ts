// One run: a site, some lanes, two pullers that compete, a schedule of faults; then everything is healed, and what must
// hold is looked at. The same seed is the same schedule, though not the same interleaving.
import { setTimeout as delay } from 'node:timers/promises';
import { KubeError } from '../../../src/errors.ts';
import { waitUntil } from '../../control-plane/wait.ts';
import {
  assertHistory,
  assertLeaseWasKept,
  assertLog,
  assertMemory,
  assertNoOrphans,
  assertNothingLeftOver,
  assertPromotionRecords,
  unsettled,
  type Bystander,
} from './checks.ts';
import { withFaultSite, type FaultSite } from './fault-site.ts';
import { objectNames, openLane, type Lane } from './lane.ts';
import { createRandom } from './random.ts';
import { formatStep, planSteps } from './schedule.ts';
import { heal, takeStep } from './steps.ts';

export type RunOptions = {
  readonly seed: number;
  readonly steps: number;
  readonly log: (line: string) => void;
};

const laneCount = 4;
const slotNames = ['first', 'second'] as const;
const settledWithinMs = 90_000;

/** Throws where something does not hold that must. */
export async function runChaos({ seed, steps, log }: RunOptions): Promise<void> {
  const random = createRandom(seed);
  await withFaultSite(async (site) => {
    for (const identity of slotNames) await site.addPuller({ identity, flags: ['--lease-duration', '3s'] });
    const lanes: Lane[] = [];
    for (let index = 0; index < laneCount; index += 1) {
      const isPromoted = index % 2 === 0;
      lanes.push(await openLane(site, { name: `lane-${index}`, isPromoted, random }));
    }
    await untilSettled(site, lanes, log);
    const bystanders = await placeBystanders(lanes);
    const shape = { lanes: laneCount, objects: objectNames.length + 2, slots: slotNames.length };
    for (const [index, step] of planSteps(random, steps, shape).entries()) {
      await delay(step.afterMs);
      log(`${index + 1}: ${formatStep(step)}`);
      try {
        await takeStep({ site, lanes }, step);
      } catch (error) {
        // The pullers work beside us: what a step was about may be gone by now.
        const isRace = error instanceof KubeError && /NOT_FOUND|CONFLICT/u.test(error.code);
        if (!isRace) throw error;
      }
    }
    await heal({ site, lanes });
    log('healed');
    await untilSettled(site, lanes, log);
    for (const lane of lanes) await lane.bed.look();
    await untilSettled(site, lanes, log);
    log('settled');
    for (const lane of lanes) await assertNothingLeftOver(lane, bystanders);
    assertHistory(site, lanes, bystanders);
    await assertPromotionRecords(site, lanes);
    await assertNoOrphans(site, lanes);
    await assertLeaseWasKept(site);
    for (const slot of site.slots) {
      await assertLog(slot);
      await assertMemory(slot);
    }
  });
}

async function untilSettled(site: FaultSite, lanes: readonly Lane[], log: RunOptions['log']): Promise<void> {
  for (const lane of lanes) {
    let why: string | undefined;
    try {
      await waitUntil(
        async () => {
          why = await unsettled(lane);
          return why === undefined;
        },
        { what: `${lane.name} to settle`, timeoutMs: settledWithinMs },
      );
    } catch (cause) {
      for (const slot of site.slots) {
        const lines = (await slot.log()).map((line) => JSON.stringify(line));
        log([slot.identity, ...lines.filter((line) => line.includes(lane.name)).slice(-15)].join('\n  '));
      }
      throw new Error(`${lane.name} does not settle: ${why ?? 'it can not be read'}`, { cause });
    }
  }
}

/** Objects of others: one that looks like theirs, and some that only copy our marks. */
async function placeBystanders(lanes: readonly Lane[]): Promise<readonly Bystander[]> {
  const placed: Bystander[] = [];
  for (const { bed, name: lane, live } of lanes) {
    const { metadata } = [...(await live()).values()].find(({ metadata: { name } }) => name === 'web') ?? {};
    const marks = { labels: metadata?.labels, annotations: metadata?.annotations };
    const copies = { plain: {}, copied: marks, impostor: marks } as const;
    for (const [name, copied] of Object.entries(copies)) {
      const owner = metadata?.labels?.['sealift.dev/owner'] ?? '';
      const manager = name === 'impostor' ? `sealift-${owner}` : 'others';
      await bed.apply(bed.configMap(name, { theirs: 'yes' }, copied), { manager });
      placed.push({ lane, name });
    }
  }
  return placed;
}
