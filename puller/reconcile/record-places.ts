// Where records are stored: for each owner the copy that counts, for each segment of the log what it holds and how much
// of that counts. Names and sizes only, no record.
import { pullerLimits } from '../../src/limits.ts';

export type Segment = {
  readonly name: string;
  /** Characters of each entry that it holds or may hold, by owner id. */
  readonly sizes: Map<string, number>;
  /** Their sum. */
  bytes: number;
  /** The sum of those that count. */
  live: number;
  /** Somebody has made it such that it can't be written: what counts has to leave it. */
  isRefused: boolean;
};

/** The copy that counts; one in no segment is alone. */
export type Latest = { readonly segment: Segment | undefined; readonly serial: number };

export type RecordPlaces = {
  latestOf(ownerId: string): Latest | undefined;
  /** A copy is, or may be, in the segment. */
  hold(segment: Segment, ownerId: string, size: number): void;
  /** No copy is there any more. */
  drop(segment: Segment, ownerId: string): void;
  /** The copy there counts from now on, unless a later one is known. */
  settle(ownerId: string, latest: Latest): void;
  /** No copy counts. */
  forget(ownerId: string): void;
  /** Segments that are not written any more. */
  readonly sealed: Set<Segment>;
  /** The sealed segment to write anew, as the log has become too large for what counts of it. */
  toMove(): Segment | undefined;
};

const { segmentBytes, slackBytes, slackSegments } = pullerLimits.recordLog;

export function createSegment(name: string): Segment {
  return { name, sizes: new Map(), bytes: 0, live: 0, isRefused: false };
}

export function createRecordPlaces(): RecordPlaces {
  const latest = new Map<string, Latest>();
  const sealed = new Set<Segment>();

  function resize(segment: Segment, ownerId: string, size: number): void {
    const more = size - (segment.sizes.get(ownerId) ?? 0);
    segment.bytes += more;
    if (latest.get(ownerId)?.segment === segment) segment.live += more;
  }

  function forget(ownerId: string): void {
    const { segment } = latest.get(ownerId) ?? {};
    if (segment !== undefined) segment.live -= segment.sizes.get(ownerId) ?? 0;
    latest.delete(ownerId);
  }

  return {
    latestOf: (ownerId) => latest.get(ownerId),
    hold: (segment, ownerId, size) => {
      resize(segment, ownerId, size);
      segment.sizes.set(ownerId, size);
    },
    drop: (segment, ownerId) => {
      resize(segment, ownerId, 0);
      segment.sizes.delete(ownerId);
    },
    settle: (ownerId, next) => {
      if (next.serial < (latest.get(ownerId)?.serial ?? 0)) return;
      forget(ownerId);
      latest.set(ownerId, next);
      if (next.segment !== undefined) next.segment.live += next.segment.sizes.get(ownerId) ?? 0;
    },
    forget,
    sealed,
    toMove: () => {
      const all = [...sealed];
      const refused = all.find(({ isRefused, live }) => isRefused && live > 0);
      if (refused !== undefined) return refused;
      const bytes = all.reduce((sum, segment) => sum + segment.bytes, 0);
      const live = all.reduce((sum, segment) => sum + segment.live, 0);
      const isLarge = bytes > 2 * live + slackBytes;
      const areMany = all.length > (2 * live) / segmentBytes + slackSegments;
      // The deadest is more than half dead, the smallest less than half full: that bounds what moves, and each move
      // leaves less that is dead, or fewer segments.
      if (isLarge) return all.toSorted((a, b) => a.live / a.bytes - b.live / b.bytes)[0];
      return areMany ? all.toSorted((a, b) => a.live - b.live)[0] : undefined;
    },
  };
}
