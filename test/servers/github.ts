// GitHub's API on loopback, as far as comments need it: it records what it is asked, keeps comments, and refuses to
// write where the token has no right to.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import * as z from 'zod';

export type Comment = { readonly id: number; body: string; readonly user: { readonly login: string } };

export type GitHubServer = {
  readonly url: string;
  readonly comments: Comment[];
  /** `METHOD PATH?QUERY`, in order. */
  readonly calls: string[];
  /** What `GET /pulls` answers. */
  pulls: readonly unknown[];
  isReadOnly: boolean;
};

const bodySchema = z.object({ body: z.string() });
const author = { login: 'github-actions[bot]' };

export async function startGitHub(t: TestContext): Promise<GitHubServer> {
  const state: Omit<GitHubServer, 'url'> = { comments: [], calls: [], pulls: [], isReadOnly: false };
  const server = createServer((request, response) => {
    void buffer(request).then((bytes) => {
      const path = request.url ?? '';
      state.calls.push(`${request.method} ${path}`);
      const [status, answer] = answerTo(state, `${request.method} ${path.split('?')[0]}`, bytes.toString());
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // A listening server on a port has such an address.
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, { url: `http://127.0.0.1:${port}` });
}

function answerTo(
  state: Omit<GitHubServer, 'url'>,
  call: string,
  body: string,
): readonly [status: number, answer: unknown] {
  if (call === 'POST /graphql') return [200, { data: { viewer: author } }];
  if (call === 'GET /repos/org/app/issues/7/comments') return [200, state.comments];
  if (call === 'GET /repos/org/app/pulls') return [200, state.pulls];
  if (state.isReadOnly) return [403, { message: 'Resource not accessible by integration' }];
  if (call === 'POST /repos/org/app/issues/7/comments') {
    const comment = { id: state.comments.length + 1, ...bodySchema.parse(JSON.parse(body)), user: author };
    state.comments.push(comment);
    return [201, withUrl(comment)];
  }
  const id = /^PATCH \/repos\/org\/app\/issues\/comments\/(\d+)$/u.exec(call)?.[1];
  const comment = state.comments.find((candidate) => String(candidate.id) === id);
  if (comment === undefined) return [404, { message: 'Not Found' }];
  comment.body = bodySchema.parse(JSON.parse(body)).body;
  return [200, withUrl(comment)];
}

function withUrl(comment: Comment): object {
  return { ...comment, html_url: `https://github.example/org/app/pull/7#issuecomment-${comment.id}` };
}
