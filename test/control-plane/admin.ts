// The administrator's raw requests of tests: one function, JSON in and out, no retries.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ControlPlaneError } from './errors.ts';
import { sendRequest } from './http.ts';

export type AdminAnswer = {
  readonly status: number;
  /** Parsed JSON, else the text. */
  readonly body: unknown;
};

export type AdminRequestOptions = {
  /** Default: application/json. */
  readonly contentType?: string;
};

/** Sends a request as the administrator; `path` begins with a slash; a string as body is sent as it is. */
export type AdminRequest = (
  method: string,
  path: string,
  body?: unknown,
  options?: AdminRequestOptions,
) => Promise<AdminAnswer>;

export type AdminOptions = { readonly server: string; readonly caFile: string; readonly token: string };

/** Makes the request function for a server. */
export async function createAdminRequest({ server, caFile, token }: AdminOptions): Promise<AdminRequest> {
  const ca = await readFile(caFile, 'utf8');
  return async (method, path, body, { contentType = 'application/json' } = {}) => {
    const answer = await sendRequest({
      method,
      url: new URL(path, server),
      ca,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: parse(answer.text) };
  };
}

const tokenSchema = z.object({ status: z.object({ token: z.string() }) });

/** A token of a service account by the TokenRequest API; the API server wants at least 600 seconds. */
export async function requestServiceAccountToken(
  request: AdminRequest,
  account: { readonly namespace: string; readonly name: string; readonly expirationSeconds: number },
): Promise<string> {
  const { namespace, name, expirationSeconds } = account;
  const answer = await request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds },
  });
  assertStatus(answer, `token of ${namespace}/${name}`);
  return tokenSchema.parse(answer.body).status.token;
}

/** Throws ControlPlaneError REQUEST_FAILED unless the answer is a success. */
export function assertStatus(answer: AdminAnswer, what: string): void {
  if (answer.status >= 200 && answer.status < 300) return;
  const text = JSON.stringify(answer.body).slice(0, 500);
  throw new ControlPlaneError('REQUEST_FAILED', `${what}: the API server answers ${answer.status}: ${text}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
