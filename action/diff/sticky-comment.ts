// The one comment of a plan on a pull request: found by the marker on its first line and by its author, so that nobody
// else's comment is edited ("marker spoofing"), and edited in place.
import * as z from 'zod';
import { planLimits } from '../../src/limits.ts';
import type { Repository } from '../shared/context.ts';
import type { GitHub } from '../shared/github.ts';

const pageSize = 100;
const written = z.object({ html_url: z.url({ protocol: /^https?$/u }) });
const commentSchema = z.object({
  id: z.int().positive(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
});
const viewerSchema = z.object({ viewer: z.object({ login: z.string().min(1) }) });

export type StickyComment = {
  readonly repository: Repository;
  readonly number: number;
  /** The marker is its first line. */
  readonly body: string;
  /** Whether it is worth a new comment, not only an edit of the old one. */
  readonly isNews: boolean;
};

/** Writes the comment and gives its address; empty where there was nothing to write. */
export async function writeComment(
  github: GitHub,
  { repository, number, body, isNews }: StickyComment,
): Promise<string> {
  const marker = body.split('\n', 1)[0] ?? '';
  const id = await findComment(github, { repository, number, marker });
  if (id === undefined && !isNews) return '';
  const answer =
    id === undefined
      ? await github.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
          ...repository,
          issue_number: number,
          body,
        })
      : await github.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
          ...repository,
          comment_id: id,
          body,
        });
  return written.parse(answer).html_url;
}

async function findComment(
  github: GitHub,
  { repository, number, marker }: Pick<StickyComment, 'repository' | 'number'> & { readonly marker: string },
): Promise<number | undefined> {
  const author = await readAuthor(github);
  for (let page = 1; page <= planLimits.commentPages; page += 1) {
    const answer = await github.request('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...repository,
      issue_number: number,
      per_page: pageSize,
      page,
    });
    const comments = z.array(commentSchema).parse(answer);
    const found = comments.find(
      ({ body, user }) => user?.login === author && body?.split(/\r?\n/u, 1)[0] === marker,
    );
    if (found !== undefined) return found.id;
    if (comments.length < pageSize) return undefined;
  }
  return undefined;
}

/** Who the token writes as; of the REST API only users may ask that. */
async function readAuthor({ query }: GitHub): Promise<string> {
  const answer = await query('query { viewer { login } }');
  return viewerSchema.parse(answer).viewer.login;
}
