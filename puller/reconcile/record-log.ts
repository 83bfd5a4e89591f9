// A log of records in segments, which are Secrets. All that comes while requests are under way shares the next write
// of the current segment; a full one is sealed. What counts in mostly dead segments is read again and moves to the
// current one, so that at rest the log holds at most twice of what counts, and a constant. One round follows the other:
// nothing here runs beside another write. A segment is deleted when no copy in it counts, so a kill leaves the old copy
// or the new one, or both, and their serials say which is later.
import { setTimeout as delay } from 'node:timers/promises';
import { pullerLimits } from '../../src/limits.ts';
import { createCurrentSegment, isRefusal, type Entering } from './record-current.ts';
import { createRecordPlaces, createSegment, type Segment } from './record-places.ts';
import { nameAlone, numberOfSegment, type FoundSecret, type RecordSecrets } from './record-secrets.ts';
import type { DeliveryRecord } from './record.ts';

export type RecordPut = {
  readonly ownerId: string;
  /** Counts up with each put of the owner. */
  readonly serial: number;
  readonly delivery: DeliveryRecord['delivery'];
  readonly text: string;
};

export type RecordLog = {
  /** Takes what was found at the start; what it gives takes each entry of it that can be read. */
  adopt(found: FoundSecret): (ownerId: string, serial: number) => void;
  /** Resolves once it is stored, or a later one is. */
  put(put: RecordPut): Promise<void>;
  /** Resolves once no copy counts. */
  remove(ownerId: string): Promise<void>;
};

type Settling = { readonly resolve: () => void; readonly reject: (error: unknown) => void };
type Job = Settling & { readonly ownerId: string; readonly put: RecordPut | undefined };
type PutJob = Settling & { readonly put: RecordPut };
const { entryBytes } = pullerLimits.recordLog;

/** @param gatherMs how long after a write what comes is gathered for the next one */
export function createRecordLog(secrets: RecordSecrets, gatherMs: number): RecordLog {
  const places = createRecordPlaces();
  /** Owners that have, or may have, a Secret of their own. */
  const alone = new Set<string>();
  const current = createCurrentSegment(secrets, places);
  /** What was read of a segment whose entries move. */
  let moving: { readonly segment: Segment; readonly texts: Map<string, string> } | undefined;
  let waiting: Job[] = [];
  let isRunning = false;
  /** Cleaning has failed: it waits for the next job. */
  let isStuck = false;

  /** The next of what waits: each owner once, so that the order of its jobs is kept, and no more than a segment takes. */
  function takeBatch(): readonly Job[] {
    const taken = new Set<string>();
    let room = current.room();
    let count = 0;
    for (const { ownerId, put } of waiting) {
      if (room <= 0 || taken.has(ownerId)) break;
      taken.add(ownerId);
      if (put !== undefined && put.text.length <= entryBytes) room -= put.text.length;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  /** Entries that have to leave another segment, as far as there is room. */
  function enterMoving({ isFull, has, enter }: Entering): void {
    if (moving === undefined) return;
    for (const [ownerId, text] of moving.texts) {
      if (isFull()) return;
      moving.texts.delete(ownerId);
      const latest = places.latestOf(ownerId);
      // Where the current one has an unanswered later one, the answer to it makes this one dead.
      if (latest?.segment !== moving.segment || has(ownerId)) continue;
      enter({ ownerId, text, serial: latest.serial });
    }
    moving = undefined;
  }

  async function storeAlone({ ownerId, delivery, text, serial }: RecordPut): Promise<void> {
    alone.add(ownerId);
    await secrets.applyAlone(ownerId, delivery, text);
    places.settle(ownerId, { segment: undefined, serial });
    current.leaveOut(ownerId);
  }

  async function putTogether(jobs: readonly PutJob[]): Promise<void> {
    if (jobs.length === 0) return;
    try {
      const isStored = await current.store(
        jobs.map(({ put }) => put),
        enterMoving,
      );
      if (!isStored) await putEachAlone(jobs);
      else for (const { resolve } of jobs) resolve();
    } catch (error) {
      for (const { reject } of jobs) reject(error);
    }
  }

  async function putEachAlone(jobs: readonly PutJob[]): Promise<void> {
    await Promise.all(jobs.map(({ put, resolve, reject }) => storeAlone(put).then(resolve, reject)));
  }

  /** Takes entries out of a sealed segment; out of the log with it, where nothing else in it counts. */
  async function dropFrom(segment: Segment, ownerIds: ReadonlySet<string>): Promise<void> {
    const leaving = [...ownerIds].filter((ownerId) => segment.sizes.has(ownerId));
    if (leaving.length === 0) return;
    const counts = (ownerId: string): boolean => places.latestOf(ownerId)?.segment === segment;
    if (![...segment.sizes.keys()].some((ownerId) => !ownerIds.has(ownerId) && counts(ownerId))) {
      await secrets.delete(segment.name);
      places.sealed.delete(segment);
      return;
    }
    try {
      await secrets.dropEntries(segment.name, leaving);
      for (const ownerId of leaving) places.drop(segment, ownerId);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // The rest moves and the segment is deleted. A restart before that finds a record of a Delivery that is gone, or
      // about to be: its objects are judged by their uids, and one made anew has another uid. Nothing follows from it.
      segment.isRefused = true;
    }
  }

  /** Takes the copies out of the places for which `isChosen` says so. */
  async function removeFrom(
    ownerIds: readonly string[],
    isChosen: (ownerId: string, segment: Segment | undefined) => boolean,
  ): Promise<void> {
    for (const segment of places.sealed)
      await dropFrom(segment, new Set(ownerIds.filter((ownerId) => isChosen(ownerId, segment))));
    for (const ownerId of ownerIds) {
      if (!alone.has(ownerId) || !isChosen(ownerId, undefined)) continue;
      await secrets.delete(nameAlone(ownerId));
      alone.delete(ownerId);
    }
    await current.remove(ownerIds, isChosen);
  }

  /** Every copy goes, older ones too; these before the latest, as they would count without it after a kill. */
  async function removeAll(jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return;
    const ownerIds = jobs.map(({ ownerId }) => ownerId);
    const isLatest = (ownerId: string, segment: Segment | undefined): boolean =>
      places.latestOf(ownerId)?.segment === segment;
    try {
      await removeFrom(ownerIds, (ownerId, segment) => !isLatest(ownerId, segment));
      await removeFrom(ownerIds, isLatest);
      for (const ownerId of ownerIds) places.forget(ownerId);
      for (const { resolve } of jobs) resolve();
    } catch (error) {
      for (const { reject } of jobs) reject(error);
    }
  }

  /** Deletes what holds nothing that counts, and reads what has to move. */
  async function clean(): Promise<void> {
    for (const ownerId of alone) {
      if (places.latestOf(ownerId)?.segment === undefined) continue;
      await secrets.delete(nameAlone(ownerId));
      alone.delete(ownerId);
    }
    for (const segment of places.sealed) {
      if (segment.live > 0) continue;
      await secrets.delete(segment.name);
      places.sealed.delete(segment);
    }
    if (moving !== undefined) return;
    const segment = places.toMove();
    if (segment === undefined) return;
    const entries = (await secrets.read(segment.name)) ?? new Map<string, string>();
    const texts = new Map<string, string>();
    for (const ownerId of segment.sizes.keys()) {
      if (places.latestOf(ownerId)?.segment !== segment) continue;
      const text = entries.get(ownerId);
      // Somebody has deleted it: the owner's next write makes it again.
      if (text === undefined) places.forget(ownerId);
      else texts.set(ownerId, text);
    }
    if (texts.size === 0) await clean();
    else moving = { segment, texts };
  }

  async function runRound(batch: readonly Job[]): Promise<void> {
    const puts = batch.flatMap(({ put, resolve, reject }): PutJob[] => {
      if (put === undefined) return [];
      if (put.serial >= (places.latestOf(put.ownerId)?.serial ?? 0)) return [{ put, resolve, reject }];
      // A later one was quicker to be compressed.
      resolve();
      return [];
    });
    const isSmall = ({ put }: PutJob): boolean => put.text.length <= entryBytes;
    await removeAll(batch.filter(({ put }) => put === undefined));
    await putTogether(puts.filter(isSmall));
    await putEachAlone(puts.filter((job) => !isSmall(job)));
  }

  async function tidy(): Promise<void> {
    try {
      if (moving !== undefined && waiting.length === 0) isStuck = !(await current.store([], enterMoving));
      if (!isStuck) await clean();
    } catch {
      // What could not be cleaned up is only in the way; the next job tries it again.
      isStuck = true;
    }
  }

  function hasWork(): boolean {
    return waiting.length > 0 || (moving !== undefined && !isStuck);
  }

  async function run(): Promise<void> {
    isRunning = true;
    while (hasWork()) {
      if (waiting.length > 0) {
        isStuck = false;
        await runRound(takeBatch());
      }
      if (!isStuck) await tidy();
      if (gatherMs > 0) await delay(gatherMs);
    }
    isRunning = false;
  }

  function add(ownerId: string, put: RecordPut | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    waiting.push({ ownerId, put, resolve: () => resolve(undefined), reject });
    if (!isRunning) void run();
    return promise;
  }

  return {
    adopt: (found) => {
      if (found.kind === 'alone') {
        alone.add(found.ownerId);
        return (ownerId, serial) => places.settle(ownerId, { segment: undefined, serial });
      }
      const segment = createSegment(found.name);
      for (const [ownerId, text] of found.entries) places.hold(segment, ownerId, text.length);
      places.sealed.add(segment);
      // The number after it is left out: it may be that of a write that a former process sent and that is not done yet.
      const number = numberOfSegment(found.name);
      if (number > 0) current.startAfter(number + 1);
      return (ownerId, serial) => places.settle(ownerId, { segment, serial });
    },
    put: (put) => add(put.ownerId, put),
    remove: (ownerId) => add(ownerId, undefined),
  };
}
