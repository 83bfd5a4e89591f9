// Verdicts: on what runs, by the policies of now; on what the source shows, as a refusal or an outage. The two are kept
// apart: nobody can put out what runs by writing to a registry, and nothing that a registry says keeps it trusted.
import {
  ContentError,
  errorCodeOf,
  errorMessageOf,
  FailuresError,
  isSealiftError,
  KubeError,
  RegistryError,
} from '../../src/errors.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { Services } from '../services.ts';
import { matchingPolicies } from '../../src/trust/policy.ts';
import { rejudge } from '../source/accept.ts';
import { reasonOf } from '../status/conditions.ts';
import { names, type Failure, type Runtime } from './runtime.ts';

/**
 * Judges what runs by the policies of now. A revoked key counts at once, whatever the tag shows and whether or not the
 * registry answers; and nothing that is written to the registry can put out what runs.
 */
export function judgeKept(
  services: Pick<Services, 'policies' | 'mayBeUnverified' | 'log' | 'tell'>,
  runtime: Runtime,
): void {
  const { accepted } = runtime;
  if (accepted === undefined) return;
  try {
    runtime.judges = undefined;
    const policies = services.policies();
    rejudge(accepted, policies, services);
    runtime.judges = matchingPolicies(policies, accepted.basis.followed);
    runtime.distrust = undefined;
  } catch (error) {
    const failure = toFailure(error);
    const isNews = runtime.distrust?.message !== failure.message;
    runtime.distrust = failure;
    if (!isNews) return;
    services.log('warn', 'what runs is no longer accepted', {
      ...names(runtime),
      code: failure.code,
      error: failure.message,
    });
    const note = `${accepted.revision} is accepted no longer and corrected no longer: ${failure.code}: ${failure.message}`;
    services.tell(runtime, 'Warning', reasonOf(failure.code), note);
  }
}

/**
 * Judges what runs after a change of policies. Gives whether the very same ones accept it as before, with what they
 * refer to: then the change was about others, and the source needs no look.
 */
export function isJudgedAsBefore(
  services: Pick<Services, 'policies' | 'mayBeUnverified' | 'log' | 'tell'>,
  runtime: Runtime,
): boolean {
  const { judges: before } = runtime;
  judgeKept(services, runtime);
  const { judges, refusal } = runtime;
  if (before === undefined || judges === undefined || refusal !== undefined) return false;
  return judges.length === before.length && judges.every((policy, index) => policy === before[index]);
}

/** An error of the source as a refusal or an outage; the two must not be confused, and neither touches what runs. */
export function judgeSource(
  services: Pick<Services, 'log' | 'tell'>,
  runtime: Runtime,
  error: unknown,
  digest: Digest | undefined,
): void {
  const failure = toFailure(error);
  const fields = { ...names(runtime), code: failure.code, error: failure.message };
  if (isOutage(error)) {
    if (runtime.outage?.message !== failure.message) services.log('warn', 'source can not be read', fields);
    runtime.outage = failure;
    return;
  }
  // What is promoted, whether or not something before it runs.
  const promoted = runtime.course.detour?.head.digest ?? runtime.accepted?.digest;
  if (failure.code === 'STATEMENT_EXPIRED' && digest !== undefined && digest === promoted) {
    judgeOverdue(services, runtime, failure);
    return;
  }
  const isNews = runtime.refusal?.code !== failure.code || runtime.refusal.digest !== digest;
  runtime.refusal = { ...failure, digest };
  runtime.outage = undefined;
  runtime.mustVerify = false;
  if (!isNews) return;
  services.log('warn', 'refused', { ...fields, digest });
  services.tell(
    runtime,
    'Warning',
    reasonOf(failure.code),
    `refused ${digest ?? 'the source'}: ${failure.code}: ${failure.message}`,
  );
}

/** What runs is still what is promoted, but nobody has said so for too long: news may be kept from this cluster. */
function judgeOverdue(services: Pick<Services, 'log' | 'tell'>, runtime: Runtime, failure: Failure): void {
  const isNews = runtime.overdue === undefined;
  runtime.overdue = failure;
  runtime.refusal = undefined;
  runtime.outage = undefined;
  runtime.mustVerify = false;
  if (!isNews) return;
  const { code, message } = failure;
  services.log('warn', 'promotion is overdue', { ...names(runtime), code, error: message });
  services.tell(runtime, 'Warning', reasonOf(code), `${code}: ${message}; what runs is kept`);
}

/** Whether an error says that something could not be read now, not that it is refused. */
export function isOutage(error: unknown): boolean {
  if (error instanceof RegistryError || error instanceof KubeError || isTimeout(error)) return true;
  if (error instanceof ContentError) return false;
  return isSealiftError(error) && error.retryable;
}

/** The end of spec.source.timeout, bare or as the cause of an abort. */
function isTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'TimeoutError' || (error.name === 'AbortError' && isTimeout(error.cause));
}

/** An error as conditions and events tell it. */
export function toFailure(error: unknown): Failure {
  if (isTimeout(error)) {
    return { code: 'REGISTRY_TIMEOUT', message: 'source could not be read within spec.source.timeout' };
  }
  if (error instanceof FailuresError) {
    const [first, ...rest] = error.errors.slice(0, 3);
    const named = [first?.message, ...rest.map(({ code, message }) => `${code}: ${message}`)].join('; ');
    const more = error.errors.length > 3 ? ` and ${error.errors.length - 3} more` : '';
    return { code: error.code, message: errorMessageOf(`${named}${more}`) };
  }
  return { code: errorCodeOf(error) ?? 'INTERNAL', message: errorMessageOf(error) };
}
