// From a request's path and method to an endpoint (distribution-spec, "Endpoints"). The path is taken as it was sent
// and never normalised: each part is decoded once and then has to be of its grammar.
import type { IncomingMessage } from 'node:http';
import { refuse, type Answer } from './answers.ts';
import type { Call, Endpoint } from './call.ts';
import { isRepositoryName } from './repositories.ts';

/** Endpoints by the form of their path. */
export type Routes = Readonly<
  Record<'base' | 'catalog' | 'tags' | 'referrers' | 'manifests' | 'blobs' | 'uploads' | 'upload', Endpoint>
>;

type Match = { readonly route: keyof Routes; readonly name: readonly string[]; readonly reference: string };

/** The endpoint of `/v2/`, which says that this is a registry. */
export const baseEndpoint: Endpoint = {
  GET: async () => ({
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: new TextEncoder().encode('{}'),
  }),
};

/** Answers one request; it throws only where the fault is ours or the connection broke. */
export async function route(routes: Routes, request: IncomingMessage, readOnly: boolean): Promise<Answer> {
  const [path, query] = splitOnce(request.url ?? '', '?');
  const parts = decodeParts(path);
  const match = parts === undefined ? undefined : matchPath(parts);
  if (match === undefined)
    return refuse({ status: 404, code: 'UNSUPPORTED', message: 'there is no such endpoint' });
  const repository = match.name.join('/');
  const hasName = match.route !== 'base' && match.route !== 'catalog';
  if (hasName && !isRepositoryName(repository)) {
    return refuse({ status: 400, code: 'NAME_INVALID', message: 'repository name is not valid' });
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (readOnly && method !== 'GET') {
    return refuse({ status: 403, code: 'DENIED', message: 'registry is read-only' });
  }
  const endpoint = routes[match.route];
  const answer = isMethodOf(endpoint, method) ? endpoint[method] : undefined;
  if (answer === undefined) return refuseMethod(endpoint);
  const call: Call = { request, repository, reference: match.reference, query: new URLSearchParams(query) };
  return answer(call);
}

/** What the parts after `/v2/` ask for; names may hold any word, so a path is read from its end. */
function matchPath(parts: readonly string[]): Match | undefined {
  const [start, version, ...rest] = parts;
  if (start !== '' || version !== 'v2') return undefined;
  const [part = ''] = rest;
  if (rest.length > 1) return matchNamed(rest.slice(0, -2), rest.at(-2) ?? '', rest.at(-1) ?? '');
  if (part === '') return { route: 'base', name: [], reference: '' };
  return part === '_catalog' ? { route: 'catalog', name: [], reference: '' } : undefined;
}

function matchNamed(name: readonly string[], kind: string, reference: string): Match | undefined {
  switch (kind) {
    case 'manifests':
    case 'referrers':
      return { route: kind, name, reference };
    case 'tags':
      return reference === 'list' ? { route: 'tags', name, reference } : undefined;
    case 'blobs':
      return { route: reference === 'uploads' ? 'uploads' : 'blobs', name, reference };
    case 'uploads': {
      if (name.at(-1) !== 'blobs') return undefined;
      return { route: reference === '' ? 'uploads' : 'upload', name: name.slice(0, -1), reference };
    }
    default:
      return undefined;
  }
}

function decodeParts(path: string): string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function isMethodOf(endpoint: Endpoint, method: string | undefined): method is keyof Endpoint {
  return method !== undefined && Object.hasOwn(endpoint, method);
}

function refuseMethod(endpoint: Endpoint): Answer {
  const allow = Object.keys(endpoint).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  const headers = { Allow: allow.join(', ') };
  return refuse({ status: 405, code: 'UNSUPPORTED', message: 'method is not supported here', headers });
}

function splitOnce(text: string, separator: string): [string, string] {
  const position = text.indexOf(separator);
  return position < 0 ? [text, ''] : [text.slice(0, position), text.slice(position + 1)];
}
