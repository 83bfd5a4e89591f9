// A repository's tags (distribution-spec, "Listing tags"). Registries differ: some ignore how many are asked for, some cut
// the list off without a link to the rest, some list unsorted.
import * as z from 'zod';
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import type { RepositoryContext } from './context.ts';
import { protocolError, type HttpRequest } from './http.ts';
import { createPageReader, nextPage } from './pages.ts';
import { expectStatus } from './status.ts';

const answerSchema = z.object({ tags: z.array(z.string().max(128)).nullable() });

/** All tags, sorted; a repository that does not exist has none. */
export async function listTags(context: RepositoryContext, signal?: AbortSignal): Promise<readonly string[]> {
  const pages = createPageReader(context);
  const list = new URL('tags/list', context.base);
  const tags = new Set<string>();
  let url: URL | undefined = withQuery(list, { n: `${ociLimits.tagsPerPage}` });
  while (url !== undefined) {
    const request: HttpRequest = { method: 'GET', url, signal };
    const { answer, bytes } = await pages.read(request);
    // Only the first page says that there is no such repository.
    if (answer.status === 404 && tags.size === 0) {
      answer.discard();
      break;
    }
    // Some refuse a number instead of giving less.
    if (answer.status === 400 && tags.size === 0 && url.search !== '') {
      answer.discard();
      url = list;
      continue;
    }
    await expectStatus(request, answer, 200);
    const page = parsePage(request, bytes);
    const countBefore = tags.size;
    for (const tag of page) tags.add(tag);
    if (tags.size > ociLimits.tags)
      throw new ContentError('SIZE_LIMIT', `repository has more than ${ociLimits.tags} tags`);
    url = nextPage(request, answer) ?? (tags.size > countBefore ? pageAfter(list, page) : undefined);
  }
  return [...tags].sort();
}

/** What follows a page without a link: nothing, or what was cut off where the page has as many tags as pages have. */
function pageAfter(list: URL, page: readonly string[]): URL | undefined {
  const last = page.at(-1);
  if (last === undefined || !isPageLength(page.length)) return undefined;
  return withQuery(list, { n: `${ociLimits.tagsPerPage}`, last });
}

/** Registries that give less than they are asked for give round numbers: 50, 64, 100, 500. */
function isPageLength(count: number): boolean {
  return count % 10 === 0 || count % 16 === 0;
}

function withQuery(list: URL, parameters: Readonly<Record<string, string>>): URL {
  return new URL(`?${new URLSearchParams(parameters).toString()}`, list);
}

function parsePage(request: HttpRequest, body: Buffer): readonly string[] {
  try {
    return answerSchema.parse(JSON.parse(body.toString('utf8'))).tags ?? [];
  } catch {
    throw protocolError(request, 'answered with no list of tags');
  }
}
