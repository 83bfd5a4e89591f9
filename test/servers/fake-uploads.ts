// A registry of upload sessions, each request of which a test may meddle with, and blobs to send to it.
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { httpLimits } from '../../src/limits.ts';
import type { Bytes } from '../../src/oci/content-store.ts';
import { describe } from '../../src/oci/descriptor.ts';
import { computeDigest } from '../../src/oci/digest.ts';
import type { Content } from '../../src/oci/manifest.ts';
import type { Deadlines } from '../../src/registry/deadlines.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { readBody, startFakeRegistry, type FakeRegistry } from './fake-registry.ts';

export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What arrived so far in this session. */
  readonly session: Buffer;
};

/** Takes over where it returns true. */
export type Meddle = (exchange: Exchange) => boolean | Promise<boolean>;

export type Uploads = FakeRegistry & {
  readonly store: RegistryStore;
  /** Blobs by digest. */
  readonly blobs: Map<string, Buffer>;
  /** Content-Range of the chunks that were taken. */
  readonly ranges: string[];
};

export type UploadsOptions = {
  readonly deadlines?: Partial<Deadlines>;
  readonly minChunkBytes?: number;
};

/** Starts it; it goes away with the test. */
export async function startUploads(
  t: TestContext,
  meddle: Meddle = () => false,
  { deadlines, minChunkBytes }: UploadsOptions = {},
): Promise<Uploads> {
  const blobs = new Map<string, Buffer>();
  const ranges: string[] = [];
  let session = Buffer.alloc(0);
  let count = 0;
  const answers: Readonly<Record<string, (exchange: Exchange, progress: Progress) => unknown>> = {
    HEAD: ({ request, response }) => {
      const found = blobs.get(request.url?.split('/').at(-1) ?? '');
      response.writeHead(found === undefined ? 404 : 200, { 'content-length': found?.byteLength ?? 0 }).end();
    },
    POST: ({ response }, progress) => {
      session = Buffer.alloc(0);
      const minimum = minChunkBytes === undefined ? {} : { 'oci-chunk-min-length': minChunkBytes };
      response.writeHead(202, { ...progress, ...minimum }).end();
    },
    GET: ({ response }, progress) => response.writeHead(204, progress).end(),
    DELETE: ({ response }) => response.writeHead(204).end(),
    PATCH: async ({ request, response }, progress) => {
      const body = await readBody(request);
      const range = request.headers['content-range'] ?? '';
      if (!range.startsWith(`${session.byteLength}-`)) {
        response.writeHead(416, progress).end();
        return;
      }
      ranges.push(range);
      session = Buffer.concat([session, body]);
      response.writeHead(202, { ...progress, range: rangeOf(session) }).end();
    },
    PUT: async ({ request, response }) => {
      session = Buffer.concat([session, await readBody(request)]);
      const digest = decodeURIComponent(/digest=([^&]*)$/u.exec(request.url ?? '')?.[1] ?? '');
      const isRight = computeDigest(session) === digest;
      if (isRight) blobs.set(digest, session);
      response.writeHead(isRight ? 201 : 400).end();
    },
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    count += 1;
    const exchange = { request, response, session };
    if (await meddle(exchange)) return;
    // A Location that is another one each time, and has a query of its own.
    const progress = { location: `/up/${count}?_state=a%2Fb+c%3D=&x=(~)`, range: rangeOf(session) };
    await answers[request.method ?? '']?.(exchange, progress);
  };
  const registry = await startFakeRegistry(t, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  return { ...registry, store: openStore(t, `${registry.host}/app`, deadlines), blobs, ranges };
}

type Progress = { readonly location: string; readonly range: string };

function rangeOf(session: Buffer): string {
  return `0-${Math.max(0, session.byteLength - 1)}`;
}

/** The registry has the blob's bytes. */
export function assertStored({ blobs }: Uploads, { descriptor, bytes }: Content): void {
  assert.equal(Buffer.compare(blobs.get(descriptor.digest) ?? Buffer.alloc(0), bytes), 0);
}

/** The methods of all requests. */
export function methodsOf({ asked }: Uploads): string {
  return asked.map(({ line }) => line.split(' ')[0]).join(' ');
}

/** A blob of a chunk and a bit. */
export function makeLarge(): Content {
  const bytes = Buffer.alloc(httpLimits.chunkBytes + 1000, 'some content');
  return { descriptor: describe('application/vnd.example.layer', bytes), bytes };
}

/** Bytes as a stream. */
export async function* inPieces(bytes: Uint8Array, size = 300_000): Bytes {
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size);
}

/** An endless source, and how much of it was read. */
export function makeSource(): { open: () => Bytes; readonly state: { read: number; isOpen: boolean } } {
  const state = { read: 0, isOpen: false };
  const piece = Buffer.alloc(65_536, 'x');
  return {
    state,
    open: async function* open() {
      state.isOpen = true;
      try {
        for (;;) {
          state.read += piece.byteLength;
          yield piece;
        }
      } finally {
        state.isOpen = false;
      }
    },
  };
}

/** What an endless source never gets to. */
export const huge = {
  mediaType: 'application/vnd.example.layer',
  digest: computeDigest('huge'),
  size: 1024 ** 3,
};
