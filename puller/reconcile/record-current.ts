// The segment of the log that is written. Each write sends all of it, by server-side apply: so it is made again where
// somebody has deleted or changed it, and a write may be sent twice. Before one is sent, memory says that its copies may
// be there; that they count only once it was answered.
import { KubeError } from '../../src/errors.ts';
import { pullerLimits } from '../../src/limits.ts';
import { createSegment, type RecordPlaces, type Segment } from './record-places.ts';
import { nameOfSegment, type RecordSecrets } from './record-secrets.ts';

export type CurrentSegment = {
  /** Leaves the numbers out up to this one. */
  startAfter(number: number): void;
  /** Characters that the next write takes. */
  room(): number;
  /**
   * Stores the next batch of entries, and what `more` enters, in the segment; in a new one where it is full or refused.
   * @param more called before each try
   * @returns false where they are refused in a new one, too
   */
  store(entries: readonly Entry[], more: (enter: Entering) => void): Promise<boolean>;
  /** Takes entries out of it for which `isChosen` says so, and sends it. */
  remove(
    ownerIds: readonly string[],
    isChosen: (ownerId: string, segment: Segment) => boolean,
  ): Promise<void>;
  /** The next write goes without it. */
  leaveOut(ownerId: string): void;
};

export type Entry = { readonly ownerId: string; readonly text: string; readonly serial: number };

export type Entering = {
  /** Whether it has as much as it takes. */
  isFull(): boolean;
  has(ownerId: string): boolean;
  enter(entry: Entry): void;
};

type Held = {
  readonly segment: Segment;
  /** All that it shall hold. */
  readonly entries: Map<string, Entry>;
  /** Unsure: a write of it was not answered. */
  state: 'New' | 'Unsure' | 'Stored';
};

const { segmentBytes } = pullerLimits.recordLog;

export function createCurrentSegment(secrets: RecordSecrets, places: RecordPlaces): CurrentSegment {
  let lastNumber = 0;
  let current: Held | undefined;

  function seal(): void {
    if (current !== undefined) places.sealed.add(current.segment);
    current = undefined;
  }

  function open(): Held {
    if (current !== undefined && current.segment.bytes >= segmentBytes) seal();
    if (current !== undefined) return current;
    lastNumber += 1;
    current = { segment: createSegment(nameOfSegment(lastNumber)), entries: new Map(), state: 'New' };
    return current;
  }

  function enteringInto({ segment, entries }: Held): Entering {
    return {
      isFull: () => segment.bytes >= segmentBytes,
      has: (ownerId) => entries.has(ownerId),
      enter: (entry) => {
        entries.set(entry.ownerId, entry);
        places.hold(segment, entry.ownerId, entry.text.length);
      },
    };
  }

  async function write(held: Held): Promise<void> {
    const { segment, entries } = held;
    if (entries.size === 0) {
      await secrets.delete(segment.name);
      for (const ownerId of segment.sizes.keys()) places.drop(segment, ownerId);
      current = undefined;
      return;
    }
    const sent = new Map([...entries].map(([ownerId, { text }]) => [ownerId, text]));
    await secrets.apply(segment.name, sent);
    held.state = 'Stored';
    // What was not answered before is there now, as well.
    for (const [ownerId, { serial }] of entries) places.settle(ownerId, { segment, serial });
    for (const ownerId of segment.sizes.keys()) if (!sent.has(ownerId)) places.drop(segment, ownerId);
  }

  return {
    startAfter: (number) => {
      lastNumber = Math.max(lastNumber, number);
    },
    room: () => {
      const held = current?.segment.bytes ?? 0;
      return held < segmentBytes ? segmentBytes - held : segmentBytes;
    },
    store: async (given, more) => {
      for (;;) {
        const held = open();
        const entering = enteringInto(held);
        for (const entry of given) entering.enter(entry);
        more(entering);
        try {
          await write(held);
          return true;
        } catch (error) {
          if (!isRefusal(error)) {
            if (held.state === 'New') held.state = 'Unsure';
            throw error;
          }
          // Somebody has made the Secret such that it can't be written. What it has stays, until it has moved.
          held.segment.isRefused = true;
          if (held.state !== 'New') seal();
          current = undefined;
          if (held.state === 'New') return false;
        }
      }
    },
    remove: async (ownerIds, isChosen) => {
      const held = current;
      if (held === undefined) return;
      const { segment, entries } = held;
      const leaving = ownerIds.filter((id) => segment.sizes.has(id) && isChosen(id, segment));
      if (leaving.length === 0) return;
      for (const ownerId of leaving) entries.delete(ownerId);
      try {
        await write(held);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // As in a sealed one that is refused: what counts moves, and the rest goes with the segment.
        segment.isRefused = true;
        seal();
      }
    },
    leaveOut: (ownerId) => {
      current?.entries.delete(ownerId);
    },
  };
}

/** Not an outage: somebody has made the Secret, or the right to it, such that it can't be written. */
export function isRefusal(error: unknown): boolean {
  return error instanceof KubeError && !error.retryable;
}
