// An OpenID Connect issuer that says about a workflow what GitHub Actions says: discovery, keys, signed tokens, and the
// request that a job sends for its own token.
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type Authority, certificatePem, privateKeyPem } from './certificates.ts';
import { type Listening, listenOnLoopback } from './loopback.ts';

/** What every token says. */
export type StandardClaims = {
  readonly iss: string;
  readonly aud: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly jti: string;
  readonly sub: string;
};

/** https://docs.github.com/en/actions/reference/security/oidc */
export type Claims = StandardClaims & {
  readonly repository: string;
  readonly repository_id: string;
  readonly repository_owner: string;
  readonly repository_owner_id: string;
  readonly repository_visibility: 'public' | 'private' | 'internal';
  readonly ref: string;
  readonly ref_type: 'branch' | 'tag';
  readonly sha: string;
  readonly event_name: string;
  readonly workflow: string;
  readonly workflow_ref: string;
  readonly workflow_sha: string;
  readonly job_workflow_ref: string;
  readonly job_workflow_sha: string;
  readonly runner_environment: 'github-hosted' | 'self-hosted';
  readonly run_id: string;
  readonly run_attempt: string;
  readonly actor: string;
  readonly actor_id: string;
  readonly environment: string;
};

export type TokenRequest = { readonly url: string; readonly token: string };

export type TokenIssuer<C extends object = Claims> = Listening & {
  /** A signed token; what is not given is that of a deployment from main. */
  token(claims?: Partial<C>): string;
  /** What a job finds in ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN. */
  readonly request: TokenRequest;
  /** The same for a job of which other things are true. */
  requestFor(claims: Partial<C>): TokenRequest;
};

const keyId = 'sealift-test';
const lifeSeconds = 600;
const commit = 'c0ffee'.padEnd(40, '0');
const workflowRef = 'example-org/example-app/.github/workflows/release.yml@refs/heads/main';

/** What a token says of the job that asked for it. */
export const defaultClaims = {
  sub: 'repo:example-org/example-app:environment:production',
  repository: 'example-org/example-app',
  repository_id: '1001',
  repository_owner: 'example-org',
  repository_owner_id: '2002',
  repository_visibility: 'private',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  sha: commit,
  event_name: 'push',
  workflow: 'release',
  workflow_ref: workflowRef,
  workflow_sha: commit,
  job_workflow_ref: workflowRef,
  job_workflow_sha: commit,
  runner_environment: 'github-hosted',
  run_id: '3003',
  run_attempt: '1',
  actor: 'example-user',
  actor_id: '4004',
  environment: 'production',
} as const satisfies Partial<Claims>;

/** Starts it with the certificate of a server on 127.0.0.1. */
export async function startTokenIssuer(server: Authority): Promise<TokenIssuer> {
  return startIssuer<Claims>(server, defaultClaims);
}

/**
 * Starts an issuer of any kind of job.
 * @param defaults claims of its tokens; `iss` where it is not the address that it listens on
 */
export async function startIssuer<C extends object>(
  server: Authority,
  defaults: Partial<C> & { readonly iss?: string },
): Promise<TokenIssuer<C>> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const requestToken = randomUUID();
  const listener = createServer(
    { cert: certificatePem(server.certificate), key: privateKeyPem(server.privateKey) },
    (request, response) => answer(request, response),
  );
  const listening = await listenOnLoopback(listener, 'https');
  const iss = defaults.iss ?? listening.url;

  const tokenFor = (aud: string, claims: Partial<C> = {}): string => {
    const iat = Math.floor(Date.now() / 1000);
    const times = { iat, nbf: iat, exp: iat + lifeSeconds };
    return signToken({ iss, aud, jti: randomUUID(), ...times, ...defaults, ...claims }, privateKey);
  };
  const token = (claims?: Partial<C>): string => tokenFor('sigstore', claims);

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(request.url ?? '/', iss);
    const isOurJob = request.headers.authorization?.toLowerCase() === `bearer ${requestToken}`;
    response.setHeader('content-type', 'application/json');
    if (pathname === '/.well-known/openid-configuration') {
      response.end(JSON.stringify(discovery(iss)));
    } else if (pathname === '/jwks') {
      const key = { ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'RS256', use: 'sig' };
      response.end(JSON.stringify({ keys: [key] }));
    } else if (pathname === '/token' && isOurJob) {
      const claims: Partial<C> = JSON.parse(searchParams.get('claims') ?? '{}');
      response.end(JSON.stringify({ value: tokenFor(searchParams.get('audience') ?? iss, claims) }));
    } else {
      response.writeHead(pathname === '/token' ? 401 : 404).end('{}');
    }
  };
  const requestFor = (claims: Partial<C>): TokenRequest => ({
    url: `${listening.url}/token?api-version=2.0&claims=${encodeURIComponent(JSON.stringify(claims))}`,
    token: requestToken,
  });
  return { ...listening, token, requestFor, request: requestFor({}) };
}

function discovery(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['id_token'],
    subject_types_supported: ['public', 'pairwise'],
  };
}

function signToken(claims: object, key: KeyObject): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'RS256', kid: keyId, typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}
