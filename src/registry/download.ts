// Content out of a registry (distribution-spec, "Pulling blobs"): a download that breaks off or gets stuck goes on from
// where it was (RFC 9110, section 14), and the digest covers all its parts together.
import { httpLimits } from '../limits.ts';
import { verifyStream, type Bytes, type ReadOptions } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import {
  contentLengthOf,
  contentRequest,
  expectContent,
  expectLength,
  type RepositoryContext,
} from './context.ts';
import { protocolError, type HttpAnswer, type HttpRequest } from './http.ts';
import { pauseAfter } from './retry.ts';

/**
 * The content of a descriptor; fails at its end unless it is what the descriptor says.
 * @throws RegistryError
 * @throws ContentError `CONTENT_MISSING`, `SIZE_MISMATCH`, `DIGEST_MISMATCH`
 */
export function fetchContent(
  context: RepositoryContext,
  descriptor: Descriptor,
  signal?: AbortSignal,
  options: ReadOptions = {},
): Bytes {
  return verifyStream(descriptor, receive(context, descriptor, { ...options, signal }));
}

type Reading = ReadOptions & { readonly signal: AbortSignal | undefined };

async function* receive(context: RepositoryContext, descriptor: Descriptor, reading: Reading): Bytes {
  let position = 0;
  let fruitless = 0;
  for (let resumes = 0; ; resumes += 1) {
    const start = position;
    const { answer, body } = await openAt(context, descriptor, { ...reading, position });
    try {
      for await (const chunk of body) {
        position += chunk.byteLength;
        yield chunk;
      }
      // A range may be shorter than what was asked for; a whole answer is what it is.
      if (answer.status === 200 || position >= descriptor.size || position === start) return;
    } catch (error) {
      if (position >= descriptor.size) return;
      fruitless = position > start ? 0 : fruitless + 1;
      if (resumes >= httpLimits.resumes || fruitless >= httpLimits.fruitlessResumes) throw error;
      await pauseAfter({ error, count: Math.max(1, fruitless), signal: reading.signal }, context.retries);
    }
  }
}

type Place = Reading & { readonly position: number };

/** Asks for the content from a position on. */
async function openAt(
  context: RepositoryContext,
  descriptor: Descriptor,
  { position, signal, isChunkLent }: Place,
): Promise<{ readonly answer: HttpAnswer; readonly body: Bytes }> {
  const { url, headers } = contentRequest(context, descriptor);
  const request: HttpRequest = {
    method: 'GET',
    url,
    headers: position === 0 ? headers : { ...headers, range: `bytes=${position}-` },
    signal,
    hasLongAnswer: true,
    hasLargeAnswer: descriptor.size - position >= httpLimits.largeBytes,
    isChunkLent,
  };
  const answer = await context.send(request);
  await expectContent(request, answer, descriptor.digest, ...(position === 0 ? [200] : [200, 206]));
  try {
    if (answer.status === 206) {
      expectRange(request, answer, { position, size: descriptor.size });
      return { answer, body: answer.body };
    }
    expectLength(answer, descriptor);
    // Without ranges it comes from its beginning: what was given already is dropped, and the digest tells if it was other.
    return { answer, body: position === 0 ? answer.body : skip(answer.body, position) };
  } catch (error) {
    answer.discard();
    throw error;
  }
}

function expectRange(
  request: HttpRequest,
  answer: HttpAnswer,
  { position, size }: { readonly position: number; readonly size: number },
): void {
  const text = answer.header('content-range') ?? '';
  const range = parseRange(text);
  const isRight = range?.first === position && range.last < size && (range.total ?? size) === size;
  const count = range === undefined ? 0 : range.last - range.first + 1;
  if (isRight && count > 0 && (contentLengthOf(answer) ?? count) === count) return;
  throw protocolError(
    request,
    `gave the range ${JSON.stringify(text.slice(0, 100))}, not one from ${position} of ${size}`,
  );
}

type ContentRange = { readonly first: number; readonly last: number; readonly total: number | undefined };

function parseRange(text: string): ContentRange | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/u.exec(text);
  if (match === null) return undefined;
  const [first = 0, last = 0, total = Number.NaN] = match.slice(1).map(Number);
  return { first, last, total: Number.isNaN(total) ? undefined : total };
}

async function* skip(chunks: Bytes, count: number): Bytes {
  let left = count;
  for await (const chunk of chunks) {
    const skipped = Math.min(left, chunk.byteLength);
    left -= skipped;
    if (skipped < chunk.byteLength) yield chunk.subarray(skipped);
  }
}
