// How a Delivery's source is read in one look: what is followed of it, by which policies, and until when.
import { errorMessageOf } from '../../src/errors.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { transformsKeyOf, transformsOfSpec } from '../../src/render/transforms.ts';
import { followedOfSource } from '../../src/trust/followed-ref.ts';
import type { AcceptedArtifact, AcceptRequest } from '../source/accepted-artifact.ts';
import type { Services, Source } from '../services.ts';
import { boundsOf } from './bounds.ts';
import { hasRead, healthyOf } from './history.ts';
import type { Head } from './record.ts';
import { names, type Runtime } from './runtime.ts';

export type Prepared = {
  readonly source: Source;
  readonly request: AcceptRequest;
  readonly digest: () => Digest | undefined;
};

/** The time for the source starts to run here. It has to be closed. */
export function prepare(services: Services, runtime: Runtime, isFull: boolean): Prepared {
  const { delivery, record, outage } = runtime;
  const followed = followedOfSource(delivery.spec.source, delivery.metadata.namespace);
  const { artifacts } = services;
  const { canonical } = followed.url;
  // After a failure the way may have changed: a rotated password, another CA.
  const source = services.openSource(delivery, followed.url, isFull || outage !== undefined);
  let resolved: Digest | undefined;
  return {
    source,
    digest: () => resolved,
    request: {
      ...followed,
      source,
      ...(artifacts === undefined
        ? {}
        : {
            // Another's artifact is not this one's to read, even by its digest: it has to have read it itself.
            stored: async (digest) =>
              hasRead(record, digest, canonical) ? artifacts.open(digest) : undefined,
            onDamaged: (digest) => artifacts.discard(digest),
          }),
      policies: services.policies,
      mayBeUnverified: services.mayBeUnverified,
      transforms: transformsOfSpec(delivery.spec),
      values: services.valuesFor(delivery, record.hashKey),
      records: services.promotions,
      healthy: healthyOf(record),
      pullerNamespace: services.pullerNamespace,
      now: services.now,
      signal: AbortSignal.any([
        services.signal,
        AbortSignal.timeout(boundsOf(delivery.spec).sourceTimeoutMs),
      ]),
      onResolved: (digest) => {
        resolved = digest;
      },
    },
  };
}

/** Whether the source's verdict is due, or what is kept was accepted from elsewhere. */
export function mustVerify(
  { mustVerify: isAsked, distrust, refusal, overdue }: Runtime,
  { basis }: AcceptedArtifact,
  request: AcceptRequest,
): boolean {
  const { url, tag, kind } = basis.followed;
  const isElsewhere = url.canonical !== request.url.canonical || tag !== request.tag || kind !== request.kind;
  if (basis.specKey !== transformsKeyOf(request.transforms)) return true;
  return isAsked || isElsewhere || [distrust, refusal, overdue].some((found) => found !== undefined);
}

/** A heartbeat moves no tag: referrers are read again in time to see one, and to know that there was none. */
export function areReferrersDue(
  services: Services,
  { referrersReadMs, verifiedMs, delivery, course }: Runtime,
): boolean {
  const { deadlineMs } = course;
  if (deadlineMs === undefined) return false;
  if (services.now() >= deadlineMs) return true;
  const dueMs = Math.max(boundsOf(delivery.spec).sourceIntervalMs, (deadlineMs - verifiedMs) / 4);
  return services.monotonic() - referrersReadMs >= dueMs;
}

/** Whether the source shows what it showed before, as cheaply as can be told. */
export async function showsStill(
  { source, request }: Prepared,
  { digest, revision }: Head,
): Promise<boolean> {
  const { kind, tag, range, signal } = request;
  // A digest never moves.
  if (kind === 'digest') return tag === digest;
  const shown = range === undefined ? tag : range.pick(await source.tags(signal));
  if (revision !== `${shown}@${digest}`) return false;
  return (await source.peek(shown, signal, digest)) === digest;
}

/** What runs is kept on the volume with what it was accepted by, once there is time. */
export function keepStored(services: Services, runtime: Runtime): void {
  const { artifacts } = services;
  const { accepted, delivery, distrust } = runtime;
  if (artifacts === undefined || accepted === undefined || distrust !== undefined) return;
  const { digest, basis } = accepted;
  const { followed, candidates, layer } = basis;
  if (!hasRead(runtime.record, digest, followed.url.canonical)) return;
  artifacts.keep({
    digest,
    layer,
    statements: new Set(candidates.found.map((candidate) => candidate.digest)),
    open: () => services.openSource(delivery, followed.url, false),
  });
}

/** What could not be read again is told in the log; the source's own verdict says what is wrong. */
export function logUnread(services: Services, runtime: Runtime, error: unknown): void {
  const text = errorMessageOf(error);
  services.log('warn', 'what was applied can not be read again', { ...names(runtime), error: text });
}
