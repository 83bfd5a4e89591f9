// Scopes of registry tokens (distribution: token authentication, "Token scope"): `TYPE:NAME:ACTION,ACTION`, in one order,
// so that equal sets are equal texts.
import { authLimits } from '../limits.ts';
import type { HttpRequest } from './transport.ts';

/** Actions by `TYPE:NAME`. */
export type Scopes = ReadonlyMap<string, ReadonlySet<string>>;

export const noScopes: Scopes = new Map();

/** Reads scopes with spaces between them; what is none, and what is above the bounds, is left out. */
export function parseScopes(text: string | undefined): Scopes {
  const scopes = new Map<string, Set<string>>();
  for (const part of (text ?? '').slice(0, authLimits.scopeLength).split(/\s+/u)) {
    // A name may hold a port, so the actions stand behind the last colon.
    const [, resource, actions = ''] = /^([!-9;-~]+:[!-~]+):([!-9;-~]*)$/u.exec(part) ?? [];
    if (resource === undefined || scopes.size >= authLimits.scopes) continue;
    const known = scopes.get(resource) ?? new Set();
    for (const action of actions.split(',')) if (action !== '') known.add(action);
    scopes.set(resource, known);
  }
  return scopes;
}

/** Each scope as text, in order. */
export function formatScopes(scopes: Scopes): readonly string[] {
  return [...scopes].map(([resource, actions]) => `${resource}:${[...actions].sort().join(',')}`).sort();
}

/** All that is in any of them; the first alone where together they would be too many for one token. */
export function boundedJoin(first: Scopes, ...others: readonly Scopes[]): Scopes {
  const joined = new Map<string, Set<string>>();
  for (const [resource, actions] of [first, ...others].flatMap((scopes) => [...scopes])) {
    const known = joined.get(resource) ?? new Set();
    for (const action of actions) known.add(action);
    joined.set(resource, known);
  }
  return joined.size > authLimits.scopes ? first : joined;
}

const actionsOf: Readonly<Record<HttpRequest['method'], string>> = {
  GET: 'pull',
  HEAD: 'pull',
  POST: 'pull,push',
  PUT: 'pull,push',
  PATCH: 'pull,push',
  // Registries differ in what they want for it; they will say.
  DELETE: 'pull',
};

/** What a request to a repository will need, by its method; a mount reads from another repository too. */
export function scopesOf({ method, url }: Pick<HttpRequest, 'method' | 'url'>, repository: string): Scopes {
  const from = url.searchParams.get('from');
  const isMount = method === 'POST' && from !== null && url.searchParams.has('mount');
  return parseScopes(
    `repository:${repository}:${actionsOf[method]}${isMount ? ` repository:${from}:pull` : ''}`,
  );
}
