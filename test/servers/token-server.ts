// A registry's token server as the big ones have it: passwords by GET, identity tokens by POST, and JSON Web Tokens that
// docker-registry verifies. It grants what a user may do of what was asked for, and remembers every request.
import { randomUUID, sign } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { certificatePem, createAuthority, type Authority } from './sigstore/certificates.ts';

export type TokenUser = {
  readonly password: string;
  readonly identityToken?: string;
  /** What is granted. */
  readonly actions: readonly string[];
  /** In which repositories; in every one where nothing is said. */
  readonly repositories?: RegExp;
};

export type TokenRequest = {
  readonly method: string;
  readonly parameters: URLSearchParams;
  readonly authorization: string | undefined;
};

export type TokenServer = {
  readonly url: string;
  /** `auth` of docker-registry's configuration, once `certificate` is in that file. */
  configuration(certificateFile: string): object;
  /** PEM that its tokens are verified with. */
  readonly certificate: string;
  readonly requests: readonly TokenRequest[];
  /** What tokens say of their life; undefined to say nothing. */
  expiresInSeconds: number | undefined;
  /** Tokens that are signed with a key that nobody knows. */
  spoiledTokens: number;
  /** Which member of the answer holds the token. */
  member: 'token' | 'access_token';
  close(): Promise<void>;
};

const service = 'Sealift test registry';
const issuer = 'sealift-test';

/** Starts it on loopback; of repositories below `public/` everybody may read. */
export async function startTokenServer(users: Readonly<Record<string, TokenUser>>): Promise<TokenServer> {
  const validity = { start: new Date(Date.now() - 3_600_000), end: new Date(Date.now() + 86_400_000) };
  const createKey = (): Authority =>
    createAuthority({ organization: 'sealift', commonName: 'tokens' }, 'root', { validity });
  const [known, strange] = [createKey(), createKey()];
  const requests: TokenRequest[] = [];
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      },
      () => response.writeHead(500).end(),
    );
  });
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: object }> => {
    const asked = await readRequest(request);
    requests.push(asked);
    const user = userOf(asked, users);
    if (user === 'unknown') return { status: 401, body: { errors: [{ code: 'UNAUTHORIZED' }] } };
    const key = state.spoiledTokens > 0 ? strange : known;
    state.spoiledTokens = Math.max(0, state.spoiledTokens - 1);
    const token = signToken(key, user?.name ?? '', grant(asked.parameters, user));
    const life = state.expiresInSeconds;
    return {
      status: 200,
      body: { [state.member]: token, ...(life === undefined ? {} : { expires_in: life }) },
    };
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Listening on TCP, so it is an address with a port.
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/token`;
  const state: TokenServer = {
    url,
    requests,
    certificate: certificatePem(known.certificate),
    configuration: (rootcertbundle) => ({ token: { realm: url, service, issuer, rootcertbundle } }),
    expiresInSeconds: 300,
    spoiledTokens: 0,
    member: 'token',
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return state;
}

async function readRequest(request: IncomingMessage): Promise<TokenRequest> {
  const { method = '', url = '', headers } = request;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const form = Buffer.concat(chunks).toString('utf8');
  const parameters = method === 'POST' ? new URLSearchParams(form) : new URL(url, 'http://x').searchParams;
  return { method, parameters, authorization: headers.authorization };
}

type KnownUser = TokenUser & { readonly name: string };

function userOf(
  { method, parameters, authorization }: TokenRequest,
  users: Readonly<Record<string, TokenUser>>,
): KnownUser | undefined | 'unknown' {
  const all = Object.entries(users).map(([name, user]): KnownUser => ({ name, ...user }));
  if (method === 'POST') {
    const given = parameters.get('grant_type') === 'refresh_token' ? parameters.get('refresh_token') : null;
    return (
      all.find(({ identityToken }) => identityToken !== undefined && identityToken === given) ?? 'unknown'
    );
  }
  if (authorization === undefined) return undefined;
  const given = Buffer.from(authorization.replace(/^Basic /u, ''), 'base64').toString('utf8');
  return all.find(({ name, password }) => given === `${name}:${password}`) ?? 'unknown';
}

type Access = { readonly type: string; readonly name: string; readonly actions: readonly string[] };

function grant(parameters: URLSearchParams, user: TokenUser | undefined): readonly Access[] {
  return parameters
    .getAll('scope')
    .flatMap((text) => text.split(' '))
    .filter((scope) => scope !== '')
    .map((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      const isPublic = user === undefined && name.startsWith('public/');
      const isMine = user !== undefined && (user.repositories?.test(name) ?? true);
      const mine = isMine ? user.actions : isPublic ? ['pull'] : [];
      return { type, name, actions: actions.split(',').filter((action) => mine.includes(action)) };
    });
}

function signToken(key: Authority, sub: string, access: readonly Access[]): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const times = { iat: nowSeconds, nbf: nowSeconds - 10, exp: nowSeconds + 300 };
  const claims = { iss: issuer, sub, aud: service, ...times, jti: randomUUID(), access };
  const header = { typ: 'JWT', alg: 'ES256', x5c: [key.certificate.toString('base64')] };
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(text), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
