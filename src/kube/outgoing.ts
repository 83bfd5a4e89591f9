// From a KubeRequest to the header block and body that are sent; everything that could be smuggled into a header
// or a path is refused here ("header injection").

import type { OutgoingHttpHeaders } from 'node:http2';

import { KubeError } from '../errors.ts';
import type { ClusterConfig } from './config.ts';
import type { Outgoing } from './exchange.ts';
import { applyContentType } from './object.ts';
import type { KubeRequest } from './request.ts';

/** Whom a request is made as; our own identity needs the right to impersonate each of these. */
export type Impersonation = {
  readonly user: string;
  /** None for a service account: the API server adds its groups itself. */
  readonly groups?: readonly string[];
  readonly uid?: string;
};

/**
 * Refuses what must not be sent.
 * @throws KubeError `KUBE_INVALID`
 */
export function checkRequest(request: KubeRequest): void {
  const isPath = /^\/[\x21-\x7e]*$/u.test(request.path) && !/[?#\\]|\/\.{1,2}(?:\/|$)/u.test(request.path);
  if (!isPath) throw new KubeError('KUBE_INVALID', `${JSON.stringify(request.path)} is not an encoded path`);
  const as = request.impersonate;
  const values =
    as === undefined ? [] : [as.user, ...(as.groups ?? []), ...(as.uid === undefined ? [] : [as.uid])];
  for (const value of [...values, request.contentType, request.accept, request.ifNoneMatch]) {
    if (value === undefined || /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/u.test(value)) continue;
    throw new KubeError('KUBE_INVALID', `${JSON.stringify(value)} can't be sent as a header`);
  }
}

/** Whether sending it once more after a refusal does what sending it once does. */
export function isIdempotent(request: KubeRequest): boolean {
  if (request.retry !== undefined) return request.retry;
  if (request.method === 'PATCH') return contentTypeOf(request) === applyContentType;
  return request.method !== 'POST';
}

/**
 * Builds what is sent; `fresh` asks for a token that is not from a cache.
 * @throws KubeError `KUBE_UNAUTHORIZED`, `KUBE_INVALID`
 */
export async function buildOutgoing(
  config: ClusterConfig,
  request: KubeRequest,
  fresh: boolean,
): Promise<Outgoing> {
  const token = await config.token?.({ fresh });
  if (token !== undefined && !/^[\x21-\x7e]+$/u.test(token)) {
    throw new KubeError('KUBE_UNAUTHORIZED', 'the token is empty or holds characters that no token has');
  }
  const body = bodyOf(request);
  const as = request.impersonate;
  const headers: OutgoingHttpHeaders = {
    ':method': request.method,
    ':path': pathOf(config, request),
    accept: request.accept ?? 'application/json',
    'user-agent': 'sealift',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(request.ifNoneMatch === undefined ? {} : { 'if-none-match': request.ifNoneMatch }),
    ...(body === undefined ? {} : { 'content-type': contentTypeOf(request), 'content-length': body.length }),
    ...(as === undefined ? {} : { 'impersonate-user': as.user }),
    ...(as?.groups === undefined ? {} : { 'impersonate-group': [...as.groups] }),
    ...(as?.uid === undefined ? {} : { 'impersonate-uid': as.uid }),
  };
  return { headers, body };
}

function contentTypeOf(request: KubeRequest): string {
  return request.contentType ?? (request.method === 'PATCH' ? applyContentType : 'application/json');
}

function bodyOf(request: KubeRequest): Buffer | undefined {
  if (request.body === undefined) return undefined;
  if (Buffer.isBuffer(request.body)) return request.body;
  try {
    return Buffer.from(JSON.stringify(request.body), 'utf8');
  } catch (cause) {
    throw new KubeError(
      'KUBE_INVALID',
      `${request.method} ${request.path}: the body can't be written as JSON`,
      {
        cause,
      },
    );
  }
}

function pathOf(config: ClusterConfig, request: KubeRequest): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {}))
    if (value !== undefined) query.set(name, value);
  const prefix = config.server.pathname.replace(/\/+$/u, '');
  return `${prefix}${request.path}${query.size === 0 ? '' : `?${query.toString()}`}`;
}
