// Counts what a copy does, for its report and for whoever shows its progress.
import type { Descriptor } from '../oci/descriptor.ts';

/** What became of one content: sent, mounted, there already, or allowed to be absent. */
export type Outcome = 'copied' | 'mounted' | 'skipped' | 'absent';

/**
 * `found`: it is to be copied, and counts to the total from now on. `start`: its bytes are asked for. `bytes`: so many of
 * them have gone to the target, counted from its beginning; after a retry there are fewer than before. The last event of
 * a content is what became of it.
 */
export type CopyEvent = {
  readonly kind: 'found' | 'start' | 'bytes' | Outcome;
  readonly descriptor: Descriptor;
  /** For `bytes` those so far, else the content's size. */
  readonly bytes: number;
};

export type OnProgress = (event: CopyEvent) => void;

/** How many contents, and their bytes. */
export type Amount = { readonly count: number; readonly bytes: number };

/** `absent`: layers that may not be distributed, and that the source does not have. */
export type Amounts = Readonly<Record<Outcome, Amount>>;

export type Tally = {
  tell(kind: 'found' | 'start', descriptor: Descriptor): void;
  tellBytes(descriptor: Descriptor, bytes: number): void;
  count(outcome: Outcome, descriptor: Descriptor): void;
  amounts(): Amounts;
};

const outcomes: readonly Outcome[] = ['copied', 'mounted', 'skipped', 'absent'];

export function createTally(onProgress: OnProgress = () => undefined): Tally {
  const amounts = new Map<Outcome, Amount>(outcomes.map((outcome) => [outcome, { count: 0, bytes: 0 }]));
  const amountOf = (outcome: Outcome): Amount => amounts.get(outcome) ?? { count: 0, bytes: 0 };
  return {
    tell: (kind, descriptor) => onProgress({ kind, descriptor, bytes: descriptor.size }),
    tellBytes: (descriptor, bytes) => onProgress({ kind: 'bytes', descriptor, bytes }),
    count(outcome, descriptor) {
      const { count, bytes } = amountOf(outcome);
      amounts.set(outcome, { count: count + 1, bytes: bytes + descriptor.size });
      onProgress({ kind: outcome, descriptor, bytes: descriptor.size });
    },
    amounts: () => ({
      copied: amountOf('copied'),
      mounted: amountOf('mounted'),
      skipped: amountOf('skipped'),
      absent: amountOf('absent'),
    }),
  };
}
