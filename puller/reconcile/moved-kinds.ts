// Kinds that are served elsewhere than they were: their definition was deleted and made anew with another plural or scope.
// A server-side apply is answered by 404 then, as where its namespace is missing; discovery tells which of the two it is.
import { KubeError } from '../../src/errors.ts';
import type { Discovery, ResourceKind } from '../../src/kube/discovery.ts';
import { pullerLimits } from '../../src/limits.ts';

export type MovedKinds = {
  /** Asks where a kind is served after a failed apply; calls back where that is elsewhere, so that it is planned anew. */
  follow(kind: ResourceKind, error: unknown, onMoved: () => void): void;
};

/** @param now monotonic milliseconds */
export function createMovedKinds(discovery: Discovery, now: () => number): MovedKinds {
  let askedMs = Number.NEGATIVE_INFINITY;

  async function hasMoved({ group, version, kind, plural, namespaced }: ResourceKind): Promise<boolean> {
    // Of many objects that fail at once, and again and again, one asks for all.
    if (now() - askedMs >= pullerLimits.movedKindsMs) {
      askedMs = now();
      discovery.invalidate();
    }
    const found = await discovery.find(group, version, kind);
    return found !== undefined && (found.plural !== plural || found.namespaced !== namespaced);
  }

  return {
    follow: (kind, error, onMoved) => {
      if (!isNotServed(error)) return;
      hasMoved(kind).then(
        (isMoved) => {
          if (isMoved) onMoved();
        },
        // The API server does not answer: the next try of the object asks again.
        () => undefined,
      );
    },
  };
}

/** Whether an apply was answered by 404: an object that is not there is made, so that says nothing about the object. */
export function isNotServed(error: unknown): boolean {
  const found = error instanceof Error && !(error instanceof KubeError) ? error.cause : error;
  return found instanceof KubeError && found.code === 'KUBE_NOT_FOUND';
}
