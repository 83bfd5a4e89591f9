// Behaviours of the reconciler, one file each in `test/reconcile`, named as users would search for them. They share a
// control plane and a puller; what needs a puller of its own is a test of its own.
import type { Bed, BedOptions } from './bed.ts';

export type Behaviour = {
  /** What holds, as a sentence. */
  readonly title: string;
  readonly run: (open: (options?: BedOptions) => Promise<Bed>) => Promise<void>;
};

/** A behaviour that `reconcile.test.ts` runs: `run` opens as many beds as it needs. */
export function behaviourOf(title: string, run: Behaviour['run']): Behaviour {
  return { title, run };
}
