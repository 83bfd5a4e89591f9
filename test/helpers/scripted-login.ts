// Registries and token servers that are told what to answer, and the log-in layer in front of them.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createAuth, type AuthOptions } from '../../src/registry/auth.ts';
import { passwordCredential, type Credential } from '../../src/registry/credentials/credential.ts';
import { createKeychain, type Keychain } from '../../src/registry/credentials/keychain.ts';
import type { HttpAnswer, HttpRequest, Send } from '../../src/registry/http.ts';
import { withRedirects } from '../../src/registry/redirect.ts';
import { withRetry } from '../../src/registry/retry.ts';
import { createTransport } from '../../src/registry/transport.ts';

export type Asked = {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: string;
};
export type Say = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | object;
};
export type Script = (asked: Asked, count: number) => Say | ((response: ServerResponse) => void);

export type Server = { readonly url: string; readonly asked: Asked[] };

export async function serve(t: TestContext, script: Script): Promise<Server> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void readAsked(request).then((one) => {
      asked.push(one);
      const say = script(one, asked.length);
      if (typeof say === 'function') return say(response);
      const { status, headers = {}, body = '' } = say;
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
      return undefined;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // Listening on TCP, so it is an address with a port.
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method, url, headers } = request;
  return {
    line: `${method} ${url}`,
    authorization: headers.authorization,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

export const alice = passwordCredential('alice', 'pass-4711');
export const basicOfAlice = `Basic ${Buffer.from('alice:pass-4711').toString('base64')}`;

/** A keychain that gives one credential after the other, the last one for ever. */
export function keychainOf(
  ...credentials: readonly (Credential | undefined)[]
): Keychain & { looks: number } {
  const keychain = createKeychain([
    {
      look: async () => {
        const credential = credentials[Math.min(counted.looks, credentials.length - 1)];
        counted.looks += 1;
        return {
          source: 'the test',
          words: '',
          ...(credential === undefined ? {} : { found: { credential, source: 'the test' } }),
        };
      },
    },
  ]);
  const counted = { ...keychain, looks: 0 };
  return counted;
}

export type LogIn = Partial<AuthOptions> & { readonly keychain?: Keychain; readonly repository?: string };

export function logIn(t: TestContext, registry: Server, options: LogIn = {}): Send {
  const { keychain = keychainOf(alice), repository = 'a', ...auth } = options;
  const transport = createTransport();
  t.after(() => transport.close());
  const retries = { random: () => 0, sleep: async () => undefined };
  const url = new URL(registry.url);
  return createAuth({ send: withRetry(transport.send, retries), now: () => 0, ...auth })(
    withRetry(withRedirects(transport.send), retries),
    { url, registry: url.host, repository, keychain },
  );
}

export function get(
  registry: Server,
  path = '/v2/a/tags/list',
  more: Partial<HttpRequest> = {},
): HttpRequest {
  return { method: 'GET', url: new URL(path, registry.url), ...more };
}

export async function statusOf(answer: Promise<HttpAnswer>): Promise<number> {
  const { status, discard } = await answer;
  discard();
  return status;
}

export const wantsBasic: Say = { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } };

export function wantsBearer(tokens: Server, more = ''): Say {
  const challenge = `Bearer realm="${tokens.url}/token",service="s",scope="repository:a:pull"${more}`;
  return { status: 401, headers: { 'www-authenticate': challenge } };
}

export function takes(...accepted: readonly string[]): (asked: Asked, otherwise: Say) => Say {
  return ({ authorization = '' }, otherwise) =>
    accepted.includes(authorization) ? { status: 200 } : otherwise;
}
