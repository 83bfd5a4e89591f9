// Watches on what the puller itself is steered by: its own kinds, and what policies refer to. Without one of them it
// would judge blind, so a watch that breaks ends the term.
import type { ResourceKind } from '../src/kube/discovery.ts';
import { watchResources, type WatchEvent } from '../src/kube/watch.ts';
import { coreKind } from './own-kinds.ts';
import type { Services } from './services.ts';

const ownForbiddenRetryMs = 2000;

/** What policies may refer to. Our own records are Secrets, too, of another type: those are not asked for. */
export const referenceKinds = [
  [coreKind('Secret', 'secrets'), 'type=Opaque'],
  [coreKind('ConfigMap', 'configmaps'), undefined],
] as const;

/** Watches objects that the puller itself is steered by; resolves when it is complete. */
export function followKind(
  { client, log, signal, fail }: Pick<Services, 'client' | 'log' | 'signal' | 'fail'>,
  {
    kind,
    namespace,
    fieldSelector,
  }: {
    readonly kind: ResourceKind;
    readonly namespace?: string;
    readonly fieldSelector?: string | undefined;
  },
  onEvent: (event: WatchEvent, isSynced: boolean) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isSynced = false;
  const handle = watchResources(client, {
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    form: 'full',
    signal,
    // Right after an install the aggregated role is still empty; a missing right of ours is worth asking again soon.
    forbiddenRetryMs: ownForbiddenRetryMs,
    onStatus: (state, error) => {
      if (error !== undefined) log('warn', 'watch', { kind: kind.kind, state, error: error.message });
    },
    onEvent: (event) => onEvent(event, isSynced),
    onSynced: () => {
      isSynced = true;
      resolve();
    },
  });
  // A callback that throws ends its watch: to go on without it would be to go on blind.
  handle.done.then(resolve, (error: unknown) => {
    reject(error);
    fail(error);
  });
  return promise;
}
