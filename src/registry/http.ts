// What the layers between a repository and its registry pass on: a request, its answer, and who sends it. Each layer is a
// function from one sender to another (`(next: Send) => Send`), so that their order is a list in one place.
import type { OutgoingHttpHeaders } from 'node:http';
import { RegistryError } from '../errors.ts';
import type { OpenBytes } from '../oci/content-store.ts';
import { redactUrl } from './redact.ts';

export type HttpRequest = {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | StreamedBody;
  readonly signal?: AbortSignal | undefined;
  /** The answer is content of any size: it may take its time as long as it moves. */
  readonly hasLongAnswer?: boolean;
  /** The answer is content so large that a connection may end with it. */
  readonly hasLargeAnswer?: boolean;
  /** Whoever reads the answer's body is done with a chunk when it asks for the next one. */
  readonly isChunkLent?: boolean | undefined;
  /** Statuses of redirects that are themselves the answer and not followed. */
  readonly shownRedirects?: readonly number[];
  /** Whoever sends this starts over from further back where it fails: no layer sends it again for that. */
  readonly isSentOnce?: boolean;
};

/** A body that is read while it is sent, from its beginning again where the request is sent again. */
export type StreamedBody = { readonly byteLength: number; readonly open: OpenBytes };

export type HttpAnswer = {
  readonly status: number;
  /** Where redirects led, if they left the origin that was asked: its challenges are not the registry's. */
  readonly from?: URL;
  /** @param name in lower case */
  header(name: string): string | undefined;
  /** The body; it is to be read or to be discarded, else the connection is lost to the pool. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
};

export type Send = (request: HttpRequest) => Promise<HttpAnswer>;

/** What the request was, for messages; query strings may hold credentials and are left out. */
export function describeRequest({ method, url }: Pick<HttpRequest, 'method' | 'url'>): string {
  return `${method} ${redactUrl(url)}`;
}

export function protocolError(request: Pick<HttpRequest, 'method' | 'url'>, what: string): RegistryError {
  return new RegistryError('REGISTRY_PROTOCOL', `${describeRequest(request)} ${what}`);
}
