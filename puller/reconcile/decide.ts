// Reads the source and decides what is to run: what it shows, once that is accepted, or an artifact before it. Without
// the source the same is decided by what it showed last.
import { requestedAtOf } from '../../src/api/common.ts';
import { isSealiftError, PromotionError, type SealiftError } from '../../src/errors.ts';
import { takesValues, transformsKeyOf } from '../../src/render/transforms.ts';
import { requirementsFor } from '../../src/trust/policy.ts';
import { acceptApplied, acceptTag } from '../source/accept.ts';
import type { AcceptedArtifact, AcceptRequest } from '../source/accepted-artifact.ts';
import type { Services } from '../services.ts';
import { chooseAim, type Aim, type Marks } from './aim.ts';
import { hasRead, toRecorded } from './history.ts';
import { isOutage } from './judge.ts';
import { areReferrersDue, logUnread, mustVerify, showsStill, type Prepared } from './read-source.ts';
import { mustWait } from './order-gate.ts';
import type { DeliveryRecord, Head } from './record.ts';
import { names, type Runtime } from './runtime.ts';

/**
 * Verifies what the source shows, unless little is needed to know that it is what was verified before.
 * @throws SealiftError with the code of the refusal; what runs is as it was then
 */
export async function decide(services: Services, runtime: Runtime, prepared: Prepared): Promise<void> {
  const { request } = prepared;
  const known = await unchangedHead(services, runtime, prepared);
  const shown = known === undefined ? await acceptTag(request) : undefined;
  const head = shown === undefined ? known : headOf(shown);
  if (head === undefined) return;
  if (runtime.order.waiting?.digest !== head.digest) runtime.order.waiting = undefined;
  if (shown !== undefined) noteShown(services, runtime, shown);
  runtime.outage = undefined;
  const aim = await followAim(services, runtime, request, head);
  if (aim.kind === 'refused') throw new PromotionError('ROLLBACK_NOT_ALLOWED', aim.message);
  if (aim.kind === 'back') {
    runtime.order.waiting = undefined;
    settle(runtime);
    return;
  }
  await goForward(services, runtime, request, { head, shown });
}

/** What the source shows is to run. */
async function goForward(
  services: Services,
  runtime: Runtime,
  request: AcceptRequest,
  { head, shown }: { readonly head: Head; readonly shown: AcceptedArtifact | undefined },
): Promise<void> {
  runtime.course.detour = undefined;
  const isThere = runtime.accepted?.digest === head.digest;
  const next = shown ?? (isThere ? undefined : await acceptTag(request));
  if (next !== undefined && runtime.accepted !== undefined && mustWait(services, runtime, next)) {
    // What runs is kept, and judged, until what the source shows may be applied.
    settle(runtime);
    return;
  }
  if (next !== undefined) trust(services, runtime, next);
  runtime.mustVerify = false;
}

/** The source says nothing, or something that is refused: what it showed before still decides about a way back. */
export async function decideBlind(
  services: Services,
  runtime: Runtime,
  { request }: Prepared,
): Promise<void> {
  const head = lastHead(runtime);
  if (head === undefined || !isDetourAsked(runtime)) return;
  try {
    const aim = await followAim(services, runtime, request, head);
    if (aim.kind !== 'head' || runtime.accepted === undefined) return;
    runtime.course.detour = undefined;
    const isDone = runtime.accepted.digest === head.digest;
    if (isDone || !hasRead(runtime.record, head.digest, request.url.canonical)) return;
    const forward = await acceptApplied(request, head.digest, head.promotion);
    adopt(services, runtime, { ...forward, revision: head.revision });
  } catch (error) {
    if (services.signal.aborted) throw error;
    logUnread(services, runtime, error);
  }
}

/** Nothing is decided, and nobody asked, where all is as it usually is. */
function isDetourAsked({ delivery, record, course }: Runtime): boolean {
  const asked = [delivery.spec.rollbackTo, record.rollback, record.failed, course.detour];
  return course.hasFailed || asked.some((found) => found !== undefined);
}

async function unchangedHead(
  services: Services,
  runtime: Runtime,
  prepared: Prepared,
): Promise<Head | undefined> {
  const { accepted, course } = runtime;
  const { head } = course;
  if (accepted === undefined || head === undefined) return undefined;
  if (areReferrersDue(services, runtime) || mustVerify(runtime, accepted, prepared.request)) return undefined;
  return (await showsStill(prepared, head)) ? head : undefined;
}

/** What the source showed last: by this process, else by the record. */
function lastHead({ course, record }: Runtime): Head | undefined {
  const { digest, revision, promotion, rollback, failed } = record;
  const recorded = rollback?.head ?? failed?.head;
  if (course.head !== undefined || recorded !== undefined) return course.head ?? recorded;
  if (digest === undefined) return undefined;
  return { digest, revision: revision ?? digest, ...(promotion === undefined ? {} : { promotion }) };
}

function headOf({ digest, revision, promotion }: AcceptedArtifact): Head {
  return { digest, revision, ...(promotion === undefined ? {} : { promotion: toRecorded(promotion) }) };
}

/** What the source shows is accepted, whether or not it is what is to run. */
function noteShown(services: Services, runtime: Runtime, shown: AcceptedArtifact): void {
  runtime.course.head = headOf(shown);
  runtime.course.deadlineMs = shown.promotion?.deadlineMs;
  runtime.verifiedMs = services.now();
  runtime.referrersReadMs = services.monotonic();
}

/**
 * Decides, and turns back where that is what is to be done. After a failure, what is refused by now, or is nowhere any
 * more, makes room for the one before it: it says nothing about what the source shows.
 * @throws SealiftError with the code of the refusal of what spec.rollbackTo asks for; of an outage
 */
async function followAim(
  services: Services,
  runtime: Runtime,
  request: AcceptRequest,
  head: Head,
): Promise<Aim> {
  const { course } = runtime;
  if (runtime.mustVerify) course.passedOver = new Map();
  const refused = course.passedOver;
  for (;;) {
    const aim = await takeAim(services, runtime, request, { head, refused });
    if (aim.kind !== 'back') return aim;
    try {
      await turnBack(services, runtime, request, { aim, head });
      return aim;
    } catch (error) {
      if (aim.reason === 'AskedBySpec' || !isSealiftError(error) || mayComeBack(error)) throw error;
      refused.set(aim.entry.digest, `${error.code}: ${error.message}`);
    }
  }
}

/** Whether what could not be read may be read later; what a registry has deleted is gone. */
function mayComeBack(error: SealiftError): boolean {
  return error.code !== 'REGISTRY_NOT_FOUND' && isOutage(error);
}

/** Decides, and lets the record know before anything is done. */
async function takeAim(
  services: Services,
  runtime: Runtime,
  request: AcceptRequest,
  { head, refused }: { readonly head: Head; readonly refused: ReadonlyMap<string, string> },
): Promise<Aim> {
  const { course, delivery, ownerId } = runtime;
  const requestedAt = requestedAtOf(delivery.metadata.annotations)?.slice(0, 256);
  const hasFailed = course.hasFailed && delivery.spec.onFailure === 'Previous';
  const isNew = hasFailed && runtime.accepted?.digest === head.digest;
  const failed = { head, ...(requestedAt === undefined ? {} : { requestedAt }) };
  const record = isNew ? { ...runtime.record, failed } : runtime.record;
  const aim = chooseAim({
    head,
    spec: delivery.spec,
    record,
    url: request.url.canonical,
    requestedAt,
    refused,
    rules: rulesOf(request),
  });
  if (formatMarks(aim.marks) !== formatMarks(runtime.record)) {
    await services.recordStore.write(ownerId, withMarks(runtime.record, aim.marks));
    // Of now: it may have got other members while it was written.
    runtime.record = withMarks(runtime.record, aim.marks);
  }
  const note = aim.kind === 'head' ? aim.note : undefined;
  if (note !== undefined && note !== course.note) {
    services.log('warn', 'no way back', { ...names(runtime), reason: note });
    services.tell(runtime, 'Warning', 'RollbackNotAllowed', `${head.revision} stays: ${note}`);
  }
  course.note = note;
  return aim;
}

function withMarks(record: DeliveryRecord, marks: Marks): DeliveryRecord {
  const { rollback: _, failed: __, ...rest } = record;
  return { ...rest, ...marks };
}

function formatMarks({ rollback, failed }: Marks): string {
  return JSON.stringify([rollback, failed]);
}

/** What policies that enforce ask of promotions of the source. */
function rulesOf(request: AcceptRequest) {
  const { mayBeUnverified } = request;
  return requirementsFor(request.policies(), request, { mayBeUnverified }).flatMap(({ mode, promotion }) =>
    mode === 'Enforce' && promotion !== undefined ? [promotion] : [],
  );
}

type Turn = { readonly aim: Extract<Aim, { kind: 'back' }>; readonly head: Head };

async function turnBack(
  services: Services,
  runtime: Runtime,
  request: AcceptRequest,
  { aim, head }: Turn,
): Promise<void> {
  const { entry, reason } = aim;
  const { course } = runtime;
  const isThere = runtime.accepted?.digest === entry.digest && isAsAsked(runtime, request);
  if (!isThere) {
    // A refusal is one of it, not of what the source shows.
    request.onResolved(entry.digest);
    const former = await acceptApplied(request, entry.digest, entry.promotion);
    adopt(services, runtime, { ...former, revision: entry.revision ?? former.revision });
  }
  const isNews = course.detour?.reason !== reason || course.detour.head.digest !== head.digest;
  course.detour = { reason, head };
  if (!isNews || (isThere && runtime.record.isComplete)) return;
  const why =
    reason === 'AskedBySpec' ? 'as spec.rollbackTo asks' : `since ${head.revision} did not turn healthy`;
  services.log('warn', 'rolled back locally', {
    ...names(runtime),
    digest: entry.digest,
    from: head.digest,
    reason,
  });
  services.tell(
    runtime,
    'Warning',
    'RolledBackLocally',
    `returned to ${entry.revision ?? entry.digest}, ${why}`,
  );
}

/** Whether what runs is still trusted, and transformed as the spec asks; values may have changed, which a whole look reads. */
function isAsAsked({ accepted, distrust, mustVerify }: Runtime, { transforms }: AcceptRequest): boolean {
  if (distrust !== undefined || (mustVerify && takesValues(transforms))) return false;
  return accepted?.basis.specKey === transformsKeyOf(transforms);
}

/** Another artifact is to run; the verdict on the source is a matter of its own. */
function adopt(services: Services, runtime: Runtime, accepted: AcceptedArtifact): void {
  const before = runtime.accepted?.warnings.join('; ');
  const warning = accepted.warnings.join('; ');
  runtime.accepted = accepted;
  runtime.distrust = undefined;
  if (warning === '' || warning === before) return;
  services.log('warn', 'a policy that audits would refuse', { ...names(runtime), warning });
  services.tell(runtime, 'Warning', 'AuditRefused', `accepted ${accepted.revision}, but ${warning}`);
}

/** The source was read, and what it shows is accepted. */
function settle(runtime: Runtime): void {
  runtime.refusal = undefined;
  runtime.outage = undefined;
  runtime.overdue = undefined;
  runtime.mustVerify = false;
}

/** What was accepted is what runs from here on. */
export function trust(services: Services, runtime: Runtime, accepted: AcceptedArtifact): void {
  const before = runtime.accepted;
  adopt(services, runtime, accepted);
  runtime.refusal = undefined;
  runtime.outage = undefined;
  runtime.overdue = undefined;
  runtime.verifiedMs = services.now();
  runtime.referrersReadMs = services.monotonic();
  const { rolledBackFrom } = accepted;
  if (rolledBackFrom === undefined || rolledBackFrom === before?.rolledBackFrom) return;
  const note = `returned from sequence ${rolledBackFrom} to ${accepted.revision}, as its PromotionRecord asks`;
  services.log('warn', 'rolled back locally', {
    ...names(runtime),
    digest: accepted.digest,
    rolledBackFrom,
  });
  services.tell(runtime, 'Warning', 'RolledBackLocally', note);
}
