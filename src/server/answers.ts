// What the registry answers, as values: endpoints return answers and refusals, one place writes them to the socket.
// Errors have the form and the codes of distribution-spec, "Error Codes"; no text of an internal error gets out.
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Bytes } from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';

/** A body that is read while it is sent. `close` is called in any case, also where nothing was read. */
export type StreamBody = {
  /** Bytes that will be sent. */
  readonly size: number;
  read(): Bytes;
  close(): Promise<void>;
};

export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | StreamBody;
};

/** Codes of distribution-spec, and two that distribution itself uses beyond it. */
export type SpecCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'PAGINATION_NUMBER_INVALID'
  | 'UNKNOWN';

export type Refusal = {
  readonly status: number;
  readonly code: SpecCode;
  /** One sentence for the client. */
  readonly message: string;
  readonly detail?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** An answer with a JSON body. */
export function answerJson(status: number, value: unknown, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: new TextEncoder().encode(JSON.stringify(value)),
  };
}

/** An error answer. */
export function refuse({ status, code, message, detail, headers }: Refusal): Answer {
  return answerJson(status, { errors: [{ code, message, detail: detail ?? null }] }, headers);
}

/** The headers of content: its digest, and as ETag the digest again. */
export function digestHeaders(digest: Digest): Record<string, string> {
  return { 'Docker-Content-Digest': digest, ETag: `"${digest}"` };
}

/** Whether an If-None-Match header names this digest's ETag (RFC 9110, 13.1.2). */
export function matchesETag(header: string | undefined, digest: Digest): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => {
    const tag = part.trim().replace(/^W\//u, '');
    return tag === '*' || tag === `"${digest}"`;
  });
}

/** Sends an answer; for HEAD the headers alone. */
export async function sendAnswer(response: ServerResponse, answer: Answer, isHead: boolean): Promise<void> {
  const { status, headers = {}, body } = answer;
  try {
    const size = body === undefined ? 0 : bodySize(body);
    const hasNoLength = status === 204 || status === 304;
    response.writeHead(status, {
      'Docker-Distribution-API-Version': 'registry/2.0',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
      ...(hasNoLength ? {} : { 'Content-Length': String(size) }),
    });
    if (body === undefined || isHead) await endResponse(response);
    else if (body instanceof Uint8Array) await endResponse(response, body);
    else await pipeline(body.read(), response);
  } finally {
    if (body !== undefined && !(body instanceof Uint8Array)) await body.close();
  }
}

function bodySize(body: Uint8Array | StreamBody): number {
  return body instanceof Uint8Array ? body.byteLength : body.size;
}

function endResponse(response: ServerResponse, bytes?: Uint8Array): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.once('finish', resolve);
    response.end(bytes);
  });
}
