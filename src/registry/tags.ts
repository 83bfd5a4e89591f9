// A repository's tags (distribution-spec, "Listing tags").
import * as z from 'zod';
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { nextPage } from './pages.ts';
import { expectStatus, readBounded } from './status.ts';
import { protocolError, type HttpRequest } from './transport.ts';
import type { RepositoryContext } from './repository.ts';

const answerSchema = z.object({ tags: z.array(z.string().max(128)).max(ociLimits.tags).nullable() });

/** All tags, sorted; a repository that does not exist has none. */
export async function listTags(
  { send, base }: RepositoryContext,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const tags = new Set<string>();
  let url: URL | undefined = new URL('tags/list', base);
  while (url !== undefined) {
    const request: HttpRequest = { method: 'GET', url, signal };
    const answer = await send(request);
    if (answer.status === 404) {
      answer.discard();
      break;
    }
    await expectStatus(request, answer, 200);
    const body = await readBounded(answer, ociLimits.manifestBytes);
    const page = parsePage(request, body);
    const before = tags.size;
    for (const tag of page) tags.add(tag);
    if (tags.size > ociLimits.tags)
      throw new ContentError('SIZE_LIMIT', `repository has more than ${ociLimits.tags} tags`);
    // A page without anything new would be asked for for ever.
    url = tags.size === before ? undefined : nextPage(request, answer);
  }
  return [...tags].sort();
}

function parsePage(request: HttpRequest, body: Buffer): readonly string[] {
  try {
    return answerSchema.parse(JSON.parse(body.toString('utf8'))).tags ?? [];
  } catch {
    throw protocolError(request, 'answered with no list of tags');
  }
}
