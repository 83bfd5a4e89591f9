// Kinds that are served elsewhere than they were: their definition was deleted and made anew with another plural or scope.
// A server-side apply is answered by 404 then, as where its namespace is missing; discovery tells which of the two it is.
import { KubeError } from '../../src/errors.ts';
import type { Discovery, ResourceKind } from '../../src/kube/discovery.ts';
import { pullerLimits } from '../../src/limits.ts';

export type MovedKinds = {
  /** An apply has failed: asks where its kind is served. */
  onFailed(kind: ResourceKind, error: unknown): void;
  /** A watch finds its kind no more: asks, ever more seldom, as long as somebody keeps objects of it. */
  onMissing(kind: ResourceKind): void;
};

export type MovedKindsOptions = {
  readonly discovery: Discovery;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Whether objects of the kind are kept, and no watch tells of them. */
  readonly isMissed: (kind: ResourceKind) => boolean;
  /** It is served elsewhere: what is kept of it is to be planned anew. */
  readonly onMoved: (kind: ResourceKind) => void;
  readonly signal: AbortSignal;
};

export function createMovedKinds({ discovery, now, ...options }: MovedKindsOptions): MovedKinds {
  let askedMs = Number.NEGATIVE_INFINITY;
  const asking = new Set<string>();

  async function ask({ group, version, kind, plural, namespaced }: ResourceKind): Promise<boolean> {
    // Of many objects that fail at once, and again and again, one asks for all.
    if (now() - askedMs >= pullerLimits.movedKindsMs) {
      askedMs = now();
      discovery.invalidate();
    }
    const found = await discovery.find(group, version, kind).catch(() => undefined);
    return found !== undefined && (found.plural !== plural || found.namespaced !== namespaced);
  }

  async function follow(kind: ResourceKind): Promise<void> {
    if (await ask(kind)) options.onMoved(kind);
  }

  function askLater(kind: ResourceKind, delayMs: number): void {
    const name = `${kind.group}/${kind.kind}`;
    if (asking.has(name)) return;
    asking.add(name);
    setTimeout(() => {
      asking.delete(name);
      if (options.signal.aborted || !options.isMissed(kind)) return;
      void follow(kind);
      askLater(kind, Math.min(delayMs * 2, pullerLimits.retryMaxMs));
    }, delayMs).unref();
  }

  return {
    onFailed: (kind, error) => {
      if (isNotServed(error)) void follow(kind);
    },
    onMissing: (kind) => askLater(kind, pullerLimits.movedKindsMs),
  };
}

/** Whether an apply was answered by 404: an object that is not there is made, so that says nothing about the object. */
export function isNotServed(error: unknown): boolean {
  const found = error instanceof Error && !(error instanceof KubeError) ? error.cause : error;
  return found instanceof KubeError && found.code === 'KUBE_NOT_FOUND';
}
