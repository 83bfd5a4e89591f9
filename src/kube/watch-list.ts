// LIST in pages, for servers that can't send initial events on a watch, and the question which version a server is at.

import * as z from 'zod';

import { KubeError } from '../errors.ts';
import { type KubeObject, acceptListMetadata } from './object.ts';
import type { KubeClient } from './request.ts';
import { type WatchTarget, parseObject, watchPath } from './watch-stream.ts';

const listSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});

/** Objects of one page. */
const pageLimit = 500;

/**
 * Lists everything and returns the version to watch from. Pages that are too large are asked for in smaller ones.
 * @throws KubeError of every code: `status` 410 when the list took too long
 */
export async function listAll(
  client: KubeClient,
  target: WatchTarget,
  onObject: (object: KubeObject) => void,
  signal: AbortSignal,
): Promise<string> {
  let limit = pageLimit;
  let next: string | undefined;
  for (;;) {
    try {
      const page = await listPage(client, target, { limit, next, signal });
      for (const item of page.items ?? []) onObject(parseObject(item, target.kind, watchPath(target)));
      next = page.metadata.continue === '' ? undefined : page.metadata.continue;
      if (next === undefined) return page.metadata.resourceVersion;
    } catch (error) {
      const isTooLarge = error instanceof KubeError && error.details['maxBytes'] !== undefined;
      if (!isTooLarge || limit === 1) throw error;
      limit = Math.ceil(limit / 10);
    }
  }
}

/**
 * The version that the server is at now.
 * @throws KubeError of every code
 */
export async function currentResourceVersion(
  client: KubeClient,
  target: WatchTarget,
  signal: AbortSignal,
): Promise<string> {
  const page = await listPage(client, { ...target, form: 'metadata' }, { limit: 1, next: undefined, signal });
  return page.metadata.resourceVersion;
}

type Page = { readonly limit: number; readonly next: string | undefined; readonly signal: AbortSignal };

async function listPage(
  client: KubeClient,
  target: WatchTarget,
  page: Page,
): Promise<z.infer<typeof listSchema>> {
  const path = watchPath(target);
  const answer = await client.request({
    method: 'GET',
    path,
    query: {
      limit: String(page.limit),
      continue: page.next,
      labelSelector: target.labelSelector,
      fieldSelector: target.fieldSelector,
    },
    signal: page.signal,
    ...(target.form === 'metadata' ? { accept: acceptListMetadata } : {}),
    ...(target.impersonate === undefined ? {} : { impersonate: target.impersonate }),
  });
  const parsed = listSchema.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw new KubeError('KUBE_PROTOCOL', `GET ${path}: the answer is not a list`, { cause: parsed.error });
}
