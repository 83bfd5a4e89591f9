// A registry for a test, and requests to it that are sent as they are written: no path is normalised.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startRegistry, type Registry, type RegistryOptions } from '../../../src/server/registry.ts';
import { emptyContent, emptyDescriptor } from '../../../src/oci/descriptor.ts';
import type { Content, Manifest } from '../../../src/oci/manifest.ts';
import { makeManifest } from '../../helpers/content-store-contract.ts';
import { makeTempDir } from '../../helpers/temp.ts';

export type Reply = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** First code of an error answer. */
  readonly code: string | undefined;
};

export type SendOptions = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
};

export type Send = (method: string, path: string, options?: SendOptions) => Promise<Reply>;

export type TestRegistry = {
  readonly registry: Registry;
  readonly directory: string;
  readonly send: Send;
};

/** Starts a registry that goes away with the test. */
export async function makeRegistry(
  t: TestContext,
  options: Partial<RegistryOptions> = {},
): Promise<TestRegistry> {
  const directory = options.directory ?? join(await makeTempDir(t), 'registry');
  const registry = await startRegistry({ directory, ...options });
  t.after(() => registry.close());
  return { registry, directory, send: (...request) => sendTo(registry.port, ...request) };
}

/** Sends one request to a port of this machine. */
export function sendTo(
  port: number,
  method: string,
  path: string,
  options: SendOptions = {},
): Promise<Reply> {
  const { body } = options;
  const isFramed = body === undefined || options.headers?.['Transfer-Encoding'] !== undefined;
  const length = isFramed ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const headers = { ...length, ...options.headers };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          code: errorCode(bytes),
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function errorCode(bytes: Buffer): string | undefined {
  return /^\{"errors":\[\{"code":"(\w+)"/u.exec(bytes.toString('utf8'))?.[1];
}

/** Parsed JSON of a reply. */
export function jsonOf({ bytes }: Reply): unknown {
  return JSON.parse(bytes.toString('utf8'));
}

/** Pushes a blob in one request. */
export function pushBlob(send: Send, repository: string, { descriptor, bytes }: Content): Promise<Reply> {
  return send('POST', `/v2/${repository}/blobs/uploads/?digest=${descriptor.digest}`, { body: bytes });
}

/** Puts a manifest, under its digest unless a reference is given. */
export function putManifest(
  send: Send,
  repository: string,
  { descriptor, bytes }: Content,
  reference: string = descriptor.digest,
): Promise<Reply> {
  const headers = { 'Content-Type': descriptor.mediaType };
  return send('PUT', `/v2/${repository}/manifests/${reference}`, { headers, body: bytes });
}

/** Pushes a manifest with what it needs. */
export async function pushImage(
  send: Send,
  repository: string,
  {
    text,
    tag,
    members,
  }: { readonly text: string; readonly tag?: string; readonly members?: Partial<Manifest> },
): Promise<{ manifest: Content; layer: Content; reply: Reply }> {
  const { manifest, layer } = makeManifest(text, members);
  await pushBlob(send, repository, { descriptor: emptyDescriptor, bytes: emptyContent });
  await pushBlob(send, repository, layer);
  return { manifest, layer, reply: await putManifest(send, repository, manifest, tag) };
}

/** Starts an upload session and gives its path. */
export async function startSession(send: Send, repository: string): Promise<string> {
  const { headers } = await send('POST', `/v2/${repository}/blobs/uploads/`);
  return headers.location ?? '';
}
