// Pulling blobs (distribution-spec, "Pulling blobs"), whole and in ranges (RFC 9110, 14), and deleting them. A whole one is
// verified while it is sent: the last chunk of damaged content is never given out, so no client takes it for complete.
import type { IncomingHttpHeaders } from 'node:http';
import type { BlobReader } from '../layout/blobs.ts';
import type { ByteRange } from '../layout/file-reader.ts';
import { verifyStream, type Bytes } from '../oci/content-store.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { digestHeaders, matchesETag, refuse, type Answer } from './answers.ts';
import type { Call, Endpoint } from './call.ts';
import { gateOf } from './gate.ts';
import type { Repositories } from './repositories.ts';

const BLOB_TYPE = 'application/octet-stream';

/** `/v2/NAME/blobs/DIGEST`; a blob that a manifest needs can't be deleted. */
export function blobsEndpoint(repositories: Repositories): Endpoint {
  return {
    async GET({ repository, reference, request }: Call) {
      if (!isDigest(reference))
        return refuse({ status: 400, code: 'DIGEST_INVALID', message: 'digest is not valid' });
      const store = await repositories.open(repository);
      const blob = await store?.openBlob(reference);
      if (blob === undefined) {
        return refuse({ status: 404, code: 'BLOB_UNKNOWN', message: 'blob is not known' });
      }
      const headers = { 'Accept-Ranges': 'bytes', 'Content-Type': BLOB_TYPE, ...digestHeaders(reference) };
      if (matchesETag(request.headers['if-none-match'], reference)) {
        await blob.close();
        return { status: 304, headers: digestHeaders(reference) };
      }
      // RFC 9110: a Range is for GET alone.
      const isGet = request.method === 'GET';
      const range = isGet ? requestedRange(request.headers, blob.size, reference) : undefined;
      if (range === undefined) {
        const read = (): Bytes =>
          holdBack(verifyStream({ mediaType: BLOB_TYPE, digest: reference, size: blob.size }, blob.read()));
        return { status: 200, headers, body: { size: blob.size, read, close: () => blob.close() } };
      }
      return answerRange(blob, range, headers);
    },
    async DELETE({ repository, reference }: Call) {
      if (!isDigest(reference))
        return refuse({ status: 400, code: 'DIGEST_INVALID', message: 'digest is not valid' });
      const store = await repositories.open(repository);
      const outcome = await (store && gateOf(store).alone(() => store.deleteBlob(reference)));
      if (outcome === 'removed') return { status: 202 };
      if (outcome === 'needed') return needed;
      return refuse({ status: 404, code: 'BLOB_UNKNOWN', message: 'blob is not known' });
    },
  };
}

const needed = refuse({
  status: 405,
  code: 'UNSUPPORTED',
  message: 'blob is needed by a manifest; delete that first',
  headers: { Allow: 'GET, HEAD' },
});

async function answerRange(blob: BlobReader, range: Range, headers: Record<string, string>): Promise<Answer> {
  if (range === 'unsatisfiable') {
    await blob.close();
    const contentRange = { 'Content-Range': `bytes */${blob.size}` };
    return refuse({
      status: 416,
      code: 'SIZE_INVALID',
      message: 'range is outside of the blob',
      headers: contentRange,
    });
  }
  const { first, last } = range;
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': `bytes ${first}-${last}/${blob.size}` },
    body: { size: last - first + 1, read: () => blob.read(range), close: () => blob.close() },
  };
}

/** Gives each chunk when the next one, or the verified end, is there. */
async function* holdBack(chunks: Bytes): Bytes {
  let held: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (held !== undefined) yield held;
}

type Range = ByteRange | 'unsatisfiable';

/** The one range that is asked for; undefined for the whole, which several ranges get, too. */
function requestedRange(headers: IncomingHttpHeaders, size: number, digest: Digest): Range | undefined {
  const ifRange = headers['if-range'];
  if (ifRange !== undefined && ifRange !== `"${digest}"`) return undefined;
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/u.exec(headers.range?.trim() ?? '');
  const [, from = '', to = ''] = match ?? [];
  if (from !== '') return parseRange(Number(from), to === '' ? Infinity : Number(to), size);
  return to === '' ? undefined : parseRange(Math.max(0, size - Number(to)), size - 1, size);
}

function parseRange(first: number, last: number, size: number): Range | undefined {
  if (first >= size) return 'unsatisfiable';
  // RFC 9110: a range that ends before it starts is invalid and ignored.
  return last < first ? undefined : { first, last: Math.min(last, size - 1) };
}
