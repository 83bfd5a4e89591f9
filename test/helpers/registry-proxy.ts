// A man in the middle: an HTTP proxy before a real registry that passes everything on, but for what a test has it change.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as sendRequest, type IncomingMessage } from 'node:http';

export type Exchange = { readonly method: string; readonly path: string; readonly body: Buffer };

export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};

/** Each may give the answer; where it gives none, the exchange goes on as it would. */
export type Meddler = {
  /** In place of the registry. */
  before?(request: Exchange): Answer | undefined | Promise<Answer | undefined>;
  /** Once the registry has answered. */
  after?(
    request: Exchange,
    answer: Required<Answer>,
  ): Answer | undefined | void | Promise<Answer | undefined | void>;
};

export type Proxy = {
  /** `HOST:PORT` */
  readonly host: string;
  /** `METHOD PATH` of every request, in their order. */
  readonly seen: readonly string[];
  close(): Promise<void>;
};

/** @param target `HOST:PORT` of the real registry */
export async function startProxy(target: string, meddler: Meddler): Promise<Proxy> {
  const seen: string[] = [];
  const server = createServer((incoming, response) => {
    const handle = async (): Promise<void> => {
      const request = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        body: await readAll(incoming),
      };
      seen.push(`${request.method} ${request.path}`);
      const instead = await meddler.before?.(request);
      const passed = instead === undefined ? await forward(target, incoming, request) : undefined;
      const changed = passed === undefined ? undefined : await meddler.after?.(request, passed);
      const answer = instead ?? changed ?? passed;
      assert.ok(answer);
      const body = Buffer.from(answer.body ?? '');
      // An answer to HEAD has the length of what GET would give.
      const length = request.method === 'HEAD' ? {} : { 'content-length': String(body.byteLength) };
      response.writeHead(answer.status, { ...answer.headers, ...length });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    handle().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    host: `127.0.0.1:${address.port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function forward(
  target: string,
  incoming: IncomingMessage,
  { method, path, body }: Exchange,
): Promise<Required<Answer>> {
  const [host, port] = target.split(':');
  const { 'transfer-encoding': _, ...headers } = incoming.headers;
  const outgoing = sendRequest({
    host,
    port,
    method,
    path,
    agent: false,
    headers: { ...headers, ...(body.byteLength === 0 ? {} : { 'content-length': body.byteLength }) },
  });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const kept = Object.entries(response.headers).filter(
    ([name]) => !['connection', 'keep-alive', 'transfer-encoding'].includes(name),
  );
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    body: await readAll(response),
  };
}
