// Pages of a sorted list of names (distribution-spec, "Listing Tags"): `n` names after `last`, and a Link to the rest.
import { answerJson, refuse, type Answer } from './answers.ts';

export type Page = {
  /** Sorted. */
  readonly names: readonly string[];
  readonly query: URLSearchParams;
  /** Path of the list, for the Link. */
  readonly path: string;
  /** Names of one page where the client asks for no number, or for more. */
  readonly maxNames: number;
};

/** The page that a query asks for, given to `body`. */
export function answerPage(
  { names, query, path, maxNames }: Page,
  body: (names: readonly string[]) => unknown,
): Answer {
  const asked = query.get('n');
  if (asked !== null && !/^\d{1,9}$/u.test(asked)) {
    return refuse({
      status: 400,
      code: 'PAGINATION_NUMBER_INVALID',
      message: 'n is not a number of entries',
    });
  }
  const count = Math.min(asked === null ? maxNames : Number(asked), maxNames);
  const last = query.get('last') ?? '';
  const rest = names.filter((name) => name > last);
  const page = rest.slice(0, count);
  const lastOfPage = page.at(-1);
  if (lastOfPage === undefined || page.length === rest.length) return answerJson(200, body(page));
  const link = `<${path}?n=${count}&last=${encodeURIComponent(lastOfPage)}>; rel="next"`;
  return answerJson(200, body(page), { Link: link });
}
