// The smallest HTTP client that talks to etcd and to the API server: on node:http, so that no proxy setting,
// connection pool or global state of the code under test takes part.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

const timeoutMs = 30_000;

export type HttpRequest = {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** PEM certificates that an https server is verified with. */
  readonly ca?: string;
};

export type HttpAnswer = { readonly status: number; readonly text: string };

/** Sends one request on a connection of its own. */
export function sendRequest({ method, url, headers = {}, body, ca }: HttpRequest): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const options = { method, headers, agent: false, timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) };
  const request = send(url, options, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (text += chunk));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    response.on('error', reject);
  });
  request.on('timeout', () => request.destroy(new Error(`no answer from ${url.host} for ${timeoutMs} ms`)));
  request.on('error', reject);
  request.end(body);
  return promise;
}
