// What becomes of objects that left the artifact: pruned, held back by the guard, followed until they are gone, or let
// go where the Delivery does not prune.
import { formatIdentity } from '../../src/resources/resource.ts';
import type { Services } from '../services.ts';
import { applierFor } from './applier.ts';
import { followLeaving, pruneEntries, type PruneContext, type PruneResult } from './prune.ts';
import { checkPruneGuard, type Leavers } from './prune-guard.ts';
import type { RecordEntry } from './record.ts';
import { names, type Failure, type Runtime } from './runtime.ts';

/** Nothing was to be pruned, or there is nobody to prune as. */
export const nothingPruned: PruneResult = {
  deleted: [],
  kept: [],
  failures: [],
  settled: new Set(),
  leaving: new Set(),
};

/** What pruning is done with; undefined where there is nobody to prune as. */
export function pruneContextOf(services: Services, runtime: Runtime): PruneContext | undefined {
  const applier = applierFor(services, runtime);
  const { keeper, watches, discovery } = services;
  return applier === undefined ? undefined : { keeper, watches, discovery, applier };
}

/** @param mayPrune false while the channel's artifact is not known, or is not applied as a whole */
export async function settleLeft(
  services: Services,
  runtime: Runtime,
  { mayPrune, ...leavers }: Leavers & { readonly mayPrune: boolean },
): Promise<PruneResult> {
  const { left } = leavers;
  const context = pruneContextOf(services, runtime);
  if (context === undefined) return nothingPruned;
  const gone = await followLeaving(
    context,
    selectEntries(left, ({ isLeaving }) => isLeaving === true),
  );
  const held = runtime.delivery.spec.prune ? checkPruneGuard(runtime.delivery, leavers) : undefined;
  // After a restart it is held still, before the channel has been looked at.
  if (mayPrune || runtime.record.isPruneHeld === true) tellHeld(services, runtime, held);
  if (!mayPrune) return { ...nothingPruned, settled: gone };
  const rest = selectEntries(left, ({ isLeaving }) => isLeaving !== true);
  if (!runtime.delivery.spec.prune || held !== undefined) {
    // Nobody's to correct any more; what is held stays recorded, to be pruned once it may be.
    for (const key of rest.keys()) context.keeper.release(key, runtime.ownerId);
    const settled = held === undefined ? [...rest.keys(), ...gone] : gone;
    return { ...nothingPruned, settled: new Set(settled) };
  }
  const pruned = await pruneEntries(context, rest);
  for (const { identity, reason } of pruned.kept) {
    const note = `${formatIdentity(identity)} left the artifact and is kept: ${reason}`;
    services.tell(runtime, 'Warning', 'PruneSkipped', note);
  }
  return { ...pruned, settled: new Set([...pruned.settled, ...gone]) };
}

/** Entries after pruning: without what is settled, with what is still leaving marked. */
export function entriesAfter(
  entries: Readonly<Record<string, RecordEntry>>,
  { settled, leaving }: PruneResult,
): Record<string, RecordEntry> {
  const remaining = Object.entries(entries).filter(([key]) => !settled.has(key));
  return Object.fromEntries(
    remaining.map(([key, entry]) => [key, leaving.has(key) ? { ...entry, isLeaving: true } : entry]),
  );
}

function selectEntries(
  entries: ReadonlyMap<string, RecordEntry>,
  isWanted: (entry: RecordEntry) => boolean,
): ReadonlyMap<string, RecordEntry> {
  return new Map([...entries].filter(([, entry]) => isWanted(entry)));
}

function tellHeld(services: Services, runtime: Runtime, held: Failure | undefined): void {
  const isNews = held !== undefined && runtime.pruneHeld?.message !== held.message;
  runtime.pruneHeld = held;
  if (!isNews) return;
  services.log('warn', 'pruning is held', { ...names(runtime), code: held.code, error: held.message });
  // After a restart it was told already.
  if (runtime.record.isPruneHeld !== true)
    services.tell(runtime, 'Warning', 'PruneHeld', `${held.code}: ${held.message}`);
}
