// Ends a watch stream that is open and yet useless: initial events that do not come, or a server that went back in
// time and stays silent until it has caught up.

import { KubeError } from '../errors.ts';
import type { KubeClient } from './request.ts';
import { compareResourceVersions } from './resource-version.ts';
import { currentResourceVersion } from './watch-list.ts';
import { rewindError } from './watch-progress.ts';
import type { WatchTarget } from './watch-stream.ts';

export type GuardOptions = {
  readonly client: KubeClient;
  readonly target: WatchTarget;
  /** The version that is resumed from; undefined when everything is being told. */
  readonly resourceVersion: string | undefined;
  /** Whether the connection was lost before. */
  readonly wasLost: boolean;
  readonly syncTimeoutMs: number;
  readonly rewindCheckMs: number;
  readonly signal: AbortSignal;
};

export type WatchGuard = {
  /** Aborts with the watch's signal, or with a KubeError: `KUBE_TIMEOUT`, or `status` 410. */
  readonly signal: AbortSignal;
  /** To be called whenever something comes. */
  noteLife(): void;
  /** To be called when everything has been told: from now on silence is normal. */
  noteSynced(): void;
  stop(): void;
};

/** Guards one stream. */
export function guardStream(options: GuardOptions): WatchGuard {
  const { target, resourceVersion } = options;
  const controller = new AbortController();
  const follow = (): void => controller.abort(options.signal.reason);
  options.signal.addEventListener('abort', follow, { once: true });
  if (options.signal.aborted) follow();
  const syncTimer =
    resourceVersion === undefined
      ? setTimeout(() => controller.abort(syncTimeoutError(target)), options.syncTimeoutMs)
      : undefined;
  const rewindTimer =
    resourceVersion !== undefined && options.wasLost
      ? setTimeout(() => void checkRewind(options, resourceVersion, controller), options.rewindCheckMs)
      : undefined;
  return {
    signal: controller.signal,
    noteLife() {
      clearTimeout(rewindTimer);
      syncTimer?.refresh();
    },
    noteSynced: () => clearTimeout(syncTimer),
    stop() {
      clearTimeout(syncTimer);
      clearTimeout(rewindTimer);
      options.signal.removeEventListener('abort', follow);
    },
  };
}

/** A watch from a version that a restored etcd does not have yet is silent. */
async function checkRewind(
  options: GuardOptions,
  resumed: string,
  controller: AbortController,
): Promise<void> {
  try {
    const current = await currentResourceVersion(options.client, options.target, controller.signal);
    const order = compareResourceVersions(current, resumed);
    if (order !== undefined && order < 0) controller.abort(rewindError(options.target));
  } catch {
    // Whatever is wrong, the stream itself will tell.
  }
}

function syncTimeoutError(target: WatchTarget): KubeError {
  return new KubeError('KUBE_TIMEOUT', `the initial events of ${target.kind.plural} did not come`, {
    retryable: true,
  });
}
