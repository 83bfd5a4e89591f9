// Answers that are read as a whole: manifests and listings. One whose body breaks off is asked for again.
import { ContentError } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import type { RepositoryContext } from './context.ts';
import { describeRequest, type HttpAnswer, type HttpRequest } from './http.ts';
import { pauseAfter } from './retry.ts';
import { readBounded } from './status.ts';

export type FetchedDocument = {
  readonly answer: HttpAnswer;
  /** Empty unless the answer's status is 200; any other answer is still to be read or discarded. */
  readonly bytes: Buffer;
};

/** @throws ContentError `SIZE_LIMIT` */
export async function fetchDocument(
  { send, retries }: RepositoryContext,
  request: HttpRequest,
  maxBytes: number,
): Promise<FetchedDocument> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(request);
    if (answer.status !== 200) return { answer, bytes: Buffer.alloc(0) };
    try {
      const bytes = await readBounded(answer, maxBytes + 1);
      if (bytes.byteLength <= maxBytes) return { answer, bytes };
    } catch (error) {
      if (attempt >= httpLimits.fruitlessResumes) throw error;
      await pauseAfter({ error, count: attempt, signal: request.signal }, retries);
      continue;
    }
    throw new ContentError(
      'SIZE_LIMIT',
      `${describeRequest(request)} answered with more than ${maxBytes} bytes`,
    );
  }
}

/** The media type of an answer, without parameters. */
export function mediaTypeOf(answer: HttpAnswer): string {
  return answer.header('content-type')?.split(';')[0]?.trim() ?? '';
}
