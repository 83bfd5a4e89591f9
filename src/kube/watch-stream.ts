// One watch stream, from its opening to its end: lines become events, bookmarks and errors. It knows nothing of
// resuming; what it can't understand ends it with an error.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes

import * as z from 'zod';

import { KubeError } from '../errors.ts';
import { kubeLimits } from '../limits.ts';
import type { ResourceKind } from './discovery.ts';
import { createLineSplitter } from './line-splitter.ts';
import { type KubeObject, acceptObjectMetadata, kubeObjectSchema } from './object.ts';
import type { Impersonation } from './outgoing.ts';
import type { KubeClient } from './request.ts';
import { resourcePath } from './resource-path.ts';
import { statusError } from './status-error.ts';

export type WatchTarget = {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Whole objects, or their metadata only. */
  readonly form: 'full' | 'metadata';
  /** Whom it is made as; ourselves, where absent. */
  readonly impersonate?: Impersonation;
};

export type WatchEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
};

export type WatchBookmark = {
  readonly type: 'BOOKMARK';
  readonly resourceVersion: string;
  /** Whether it ends the initial events of a WatchList. */
  readonly endsInitialEvents: boolean;
};

export type StreamOptions = {
  /** Without it everything that exists comes first (WatchList). */
  readonly resourceVersion: string | undefined;
  readonly onOpen: () => void;
  readonly onLine: (line: WatchEvent | WatchBookmark) => void;
  /** Called with every piece that comes, before its lines. */
  readonly onSignOfLife: () => void;
  readonly signal: AbortSignal;
};

const bookmarkSchema = z.looseObject({
  metadata: z.looseObject({
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
const lineSchema = z.object({ type: z.string(), object: z.unknown() });
const statusCodeSchema = z.looseObject({ code: z.number().optional() });

/**
 * Watches until the server ends the stream.
 * @throws KubeError of every code: `status` 410 when the version is too old; the signal's reason
 */
export async function streamWatch(
  client: KubeClient,
  target: WatchTarget,
  options: StreamOptions,
): Promise<void> {
  const path = watchPath(target);
  const stream = await client.openStream({
    path,
    query: watchQuery(target, options.resourceVersion),
    signal: options.signal,
    ...(target.form === 'metadata' ? { accept: acceptObjectMetadata } : {}),
    ...(target.impersonate === undefined ? {} : { impersonate: target.impersonate }),
  });
  try {
    options.onOpen();
    const splitter = createLineSplitter(kubeLimits.watchLineBytes);
    for await (const piece of stream.body) {
      options.onSignOfLife();
      for (const line of splitter.push(piece)) options.onLine(parseLine(line, target, path));
    }
  } finally {
    stream.close();
  }
}

/** Path of the collection that is watched. */
export function watchPath(target: WatchTarget): string {
  return resourcePath(target.kind, target.namespace);
}

function watchQuery(
  target: WatchTarget,
  resourceVersion: string | undefined,
): Record<string, string | undefined> {
  return {
    watch: 'true',
    allowWatchBookmarks: 'true',
    labelSelector: target.labelSelector,
    fieldSelector: target.fieldSelector,
    ...(resourceVersion === undefined
      ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
      : { resourceVersion }),
  };
}

function parseLine(line: Buffer, target: WatchTarget, path: string): WatchEvent | WatchBookmark {
  const { type, object } = parseEnvelope(line, path);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: parseObject(object, target.kind, path) };
    case 'BOOKMARK': {
      const parsed = bookmarkSchema.safeParse(object);
      if (!parsed.success)
        throw new KubeError('KUBE_PROTOCOL', `${path}: a bookmark has no resource version`);
      const { resourceVersion, annotations } = parsed.data.metadata;
      const endsInitialEvents = annotations?.['k8s.io/initial-events-end'] === 'true';
      return { type, resourceVersion, endsInitialEvents };
    }
    case 'ERROR': {
      const status = statusCodeSchema.safeParse(object).data?.code ?? 500;
      throw statusError({ status, body: object, method: 'WATCH', path });
    }
    default:
      throw new KubeError(
        'KUBE_PROTOCOL',
        `${path}: watch events of type ${JSON.stringify(type)} are not known`,
      );
  }
}

function parseEnvelope(line: Buffer, path: string): z.infer<typeof lineSchema> {
  try {
    return lineSchema.parse(JSON.parse(line.toString('utf8')));
  } catch (cause) {
    throw new KubeError('KUBE_PROTOCOL', `${path}: a line of the watch is not an event`, { cause });
  }
}

/**
 * Checks an object of a watch or list and gives it its kind, which lists leave out and metadata forms replace.
 * @throws KubeError `KUBE_PROTOCOL`
 */
export function parseObject(value: unknown, kind: ResourceKind, path: string): KubeObject {
  const parsed = kubeObjectSchema.safeParse(value);
  if (!parsed.success) {
    throw new KubeError('KUBE_PROTOCOL', `${path}: an object has no acceptable metadata`, {
      cause: parsed.error,
    });
  }
  const object = parsed.data;
  object.apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  object.kind = kind.kind;
  return object;
}
