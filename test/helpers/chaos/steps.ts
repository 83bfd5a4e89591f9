// Carries out the steps of a schedule against a site.
import type { FaultSite } from './fault-site.ts';
import type { Lane, Vandalism } from './lane.ts';
import type { PullerSlot } from './puller-slot.ts';
import type { Action, Step } from './schedule.ts';

const slowMs = 80;

export type Stage = { readonly site: FaultSite; readonly lanes: readonly Lane[] };

/** What a step may hit. */
type Target = {
  readonly site: FaultSite;
  readonly lane: Lane;
  readonly slot: PullerSlot;
  readonly object: number;
};

/** One step; what is not possible now is left out. */
export async function takeStep({ site, lanes }: Stage, { action, lane, object, slot }: Step): Promise<void> {
  const target = { lane: lanes[lane], slot: site.slots[slot] };
  if (target.lane === undefined || target.slot === undefined)
    throw new Error('the schedule is of another shape');
  await actions[action]({ site, lane: target.lane, slot: target.slot, object });
}

/** Everything is as it should be again; the pullers find out by themselves. */
export async function heal({ site, lanes }: Stage): Promise<void> {
  await site.startRegistry();
  for (const slot of site.slots) {
    slot.thaw();
    slot.proxy.mend();
    await slot.release();
  }
  for (const lane of lanes) await lane.heal();
}

/** Nobody can write to a registry that is away; and what nobody looks at is no trial. */
function show(run: (lane: Lane) => Promise<void>): (target: Target) => Promise<void> {
  return async ({ site, lane }) => {
    if (!site.isRegistryUp()) return;
    await run(lane);
    await lane.look();
  };
}

function spoil(how: Vandalism): (target: Target) => Promise<void> {
  return ({ lane, object }) => lane.vandalise(how, object);
}

const actions: Readonly<Record<Action, (target: Target) => Promise<void> | void>> = {
  release: show((lane) => lane.release()),
  replay: show((lane) => lane.replay()),
  unsigned: show((lane) => lane.showBad(undefined)),
  stranger: show((lane) => lane.showBad('stranger')),
  restoreTag: show((lane) => lane.restoreTag()),
  edit: spoil('edit'),
  delete: spoil('delete'),
  strip: spoil('strip'),
  seize: spoil('seize'),
  wipe: spoil('wipe'),
  replace: spoil('replace'),
  relabel: ({ lane }) => lane.relabel(),
  suspend: ({ lane }) => lane.suspend(true),
  resume: ({ lane }) => lane.suspend(false),
  remove: ({ lane }) => lane.remove(),
  remake: ({ lane }) => lane.remake(),
  look: ({ lane }) => lane.look(),
  kill: ({ slot }) => slot.kill('SIGKILL'),
  end: ({ slot }) => slot.kill('SIGTERM'),
  freeze: ({ slot }) => slot.freeze(),
  thaw: ({ slot }) => slot.thaw(),
  cut: ({ slot }) => slot.proxy.cut(),
  silence: ({ slot }) => slot.proxy.silence(),
  slow: ({ slot }) => slot.proxy.slow(slowMs),
  mend: ({ slot }) => slot.proxy.mend(),
  stopRegistry: ({ site }) => site.stopRegistry(),
  startRegistry: ({ site }) => site.startRegistry(),
  compact: ({ site }) => site.history.compact(),
  restartApiServer: async ({ site }) => {
    site.killApiServer();
    await site.site.plane.restartApiServer();
  },
  killAll: async ({ site: { slots } }) => {
    for (const slot of slots) slot.hold();
    await Promise.all(slots.map((slot) => slot.kill('SIGKILL')));
  },
  startAll: async ({ site: { slots } }) => {
    await Promise.all(slots.map((slot) => slot.release()));
  },
};
