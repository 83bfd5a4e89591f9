// How far a watch has come: what it has told, the version it may resume from, and its state. Lines go in, the
// owner's callbacks come out.

import { KubeError, type SealiftError } from '../errors.ts';
import { type Tombstone, createKnownObjects } from './known-objects.ts';
import type { KubeObject } from './object.ts';
import { compareResourceVersions } from './resource-version.ts';
import type { WatchState } from './watch-failure.ts';
import type { WatchBookmark, WatchEvent, WatchTarget } from './watch-stream.ts';

export type WatchCallbacks = {
  /** Must not block. An object that vanished unseen comes as DELETED with name, namespace and uid only. */
  readonly onEvent: (event: WatchEvent) => void;
  /** Everything that existed has been told, and what vanished too. Called after every full sync. */
  readonly onSynced: () => void;
  /** A full sync begins again: ADDED will come for everything that exists. */
  readonly onRestart?: () => void;
  /** The server counts from a lower version than before: what comes from here on is newer, whatever its versions say. */
  readonly onRewound?: () => void;
  /** Called at every change of state; `error` is what led to it. */
  readonly onStatus?: (state: WatchState, error?: SealiftError) => void;
};

export type WatchProgress = {
  /** The version to resume from; undefined until everything has been told. */
  resourceVersion(): string | undefined;
  beginSync(): void;
  readLine(line: WatchEvent | WatchBookmark): void;
  /** @throws KubeError of status 410 where the server has gone back in time: then it is to be told once more */
  finishSync(resourceVersion: string): void;
  /** Gives the version up: everything must be told again. */
  restart(): void;
  report(state: WatchState, error?: SealiftError): void;
};

/** Makes the progress of a watch that has told nothing yet. */
export function createWatchProgress(target: WatchTarget, callbacks: WatchCallbacks): WatchProgress {
  const known = createKnownObjects();
  let version: string | undefined;
  /** The version that was given up last. */
  let formerVersion: string | undefined;
  let state: WatchState | undefined;

  function report(next: WatchState, error?: SealiftError): void {
    if (next === state) return;
    state = next;
    callbacks.onStatus?.(next, error);
  }

  function tellGone(gone: Tombstone, resourceVersion: string): void {
    callbacks.onEvent({ type: 'DELETED', object: vanished(target, gone, resourceVersion) });
  }

  function tell(event: WatchEvent): void {
    const { object } = event;
    if (event.type === 'DELETED') known.forget(object);
    else {
      const namesake = known.note(object);
      if (namesake !== undefined) tellGone(namesake, object.metadata.resourceVersion);
    }
    callbacks.onEvent(event);
    if (version !== undefined) version = object.metadata.resourceVersion;
  }

  /** What was told meanwhile may have been taken for older than what is known. */
  function assertForward(resourceVersion: string): void {
    const order =
      formerVersion === undefined ? undefined : compareResourceVersions(resourceVersion, formerVersion);
    formerVersion = undefined;
    if (order === undefined || order >= 0) return;
    callbacks.onRewound?.();
    throw rewindError(target);
  }

  function finishSync(resourceVersion: string): void {
    assertForward(resourceVersion);
    for (const gone of known.sweep()) tellGone(gone, resourceVersion);
    version = resourceVersion;
    report('synced');
    callbacks.onSynced();
  }

  return {
    resourceVersion: () => version,
    beginSync: () => known.begin(),
    readLine(line) {
      if (line.type !== 'BOOKMARK') tell(line);
      else if (version !== undefined) version = line.resourceVersion;
      else if (line.endsInitialEvents) finishSync(line.resourceVersion);
    },
    finishSync,
    restart() {
      if (version === undefined) return;
      formerVersion = version;
      version = undefined;
      callbacks.onRestart?.();
    },
    report,
  };
}

/** An etcd that was restored from a backup counts on from a lower version. */
export function rewindError(target: WatchTarget): KubeError {
  return new KubeError('KUBE_INVALID', `the API server's version of ${target.kind.plural} went back`, {
    status: 410,
    hint: 'etcd was restored from a backup',
  });
}

function vanished(target: WatchTarget, gone: Tombstone, resourceVersion: string): KubeObject {
  const { group, version, kind } = target.kind;
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: {
      name: gone.name,
      ...(gone.namespace === undefined ? {} : { namespace: gone.namespace }),
      uid: gone.uid,
      resourceVersion,
    },
  };
}
