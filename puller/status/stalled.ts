// Stalled: nothing but a change of the Delivery or of its artifact mends it, so it is not tried again and again.
import type { ErrorCode } from '../../src/errors.ts';
import type { Runtime } from '../reconcile/runtime.ts';
import { formatFailure, reasonOf, type Draft } from './draft.ts';

/** What is wrong with a spec or an artifact stays wrong however often it is read. */
const permanent: ReadonlySet<ErrorCode | 'INTERNAL'> = new Set<ErrorCode>([
  'INPUT_INVALID',
  'INPUT_MISSING',
  'INPUT_CONFLICT',
  'REFERENCE_INVALID',
  'TAG_INVALID',
  'DIGEST_INVALID',
  'URL_NOT_CANONICAL',
  'SIZE_LIMIT',
  'MEDIA_TYPE_UNEXPECTED',
  'MANIFEST_INVALID',
  'ENTRY_UNSAFE_PATH',
  'ENTRY_UNSAFE_TYPE',
  'ENTRY_LIMIT',
  'ARCHIVE_TOO_LARGE',
  'ARCHIVE_EMPTY',
  'ARCHIVE_INVALID',
  'YAML_INVALID',
  'RESOURCE_INVALID',
  'RESOURCE_DUPLICATE',
  'RESOURCE_LIMIT',
  'NOT_RENDERED',
  'NOT_DECRYPTED',
  'SELF_MODIFICATION',
]);

/** Why nothing will come of trying again, as a reason and a message. */
function whyStalled(runtime: Runtime): Pick<Draft, 'reason' | 'message'> | undefined {
  const { delivery, unreadable, plan, order, refusal, failure } = runtime;
  if (delivery.spec.suspend) return undefined;
  const problem = unreadable ?? plan.problem;
  if (problem !== undefined) return { reason: 'InputInvalid', message: `INPUT_INVALID: ${problem}` };
  if (order.cycle !== undefined)
    return { reason: 'DependencyCycle', message: `depends on itself: ${order.cycle}` };
  const found = [refusal, failure].find((one) => one !== undefined && permanent.has(one.code));
  return found === undefined ? undefined : { reason: reasonOf(found.code), message: formatFailure(found) };
}

export function isStalled(runtime: Runtime): boolean {
  return whyStalled(runtime) !== undefined;
}

export function stalled(runtime: Runtime): readonly Draft[] {
  const reason = whyStalled(runtime);
  return reason === undefined ? [] : [{ type: 'Stalled', status: 'True', ...reason }];
}
