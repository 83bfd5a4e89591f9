// What conditions are made of: drafts without times, reasons from codes, times as the Kubernetes API writes them.
import type { Condition } from '../../src/api/common.ts';
import type { Failure, Runtime } from '../reconcile/runtime.ts';

export type Draft = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** A code as a condition's reason: `SIGNATURE_MISSING` is `SignatureMissing`. */
export function reasonOf(code: string): string {
  return code
    .toLowerCase()
    .split('_')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');
}

/** Times of the Kubernetes API have whole seconds. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

export function formatFailure({ code, message }: Failure): string {
  return `${code}: ${message}`;
}

/** What is true of the objects in the cluster while something else is refused. */
export function whatRuns({ record, accepted, distrust }: Runtime): string {
  if (record.appliedRevision === undefined) return '';
  const isKept = accepted !== undefined && distrust === undefined;
  return `; ${record.appliedRevision} ${isKept ? 'is kept' : 'stays as it is and is not corrected'}`;
}
