// Secrets as an API server keeps them, for what the store of records asks of it: apply, merge patch, read, list, delete.
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { KubeError } from '../../src/errors.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/request.ts';
import { answeringClient } from './kube-client.ts';

export type SecretServer = {
  readonly client: KubeClient;
  /** Their data by name. */
  readonly secrets: Map<string, Readonly<Record<string, string>>>;
  /** Writes that came in, as `PATCH name`, in order. */
  readonly written: string[];
  /** Resolves when no request has come for a while. */
  untilQuiet(): Promise<void>;
};

export type Interference = {
  /** Fails a request before it does anything. */
  readonly before?: (request: KubeRequest, name: string) => void;
  /** Fails a request that has done what it should: its answer is lost. */
  readonly after?: (request: KubeRequest, name: string) => void;
};

type Patch = { readonly data: Readonly<Record<string, string | null>> };

export function serveSecrets({ before, after }: Interference = {}): SecretServer {
  const secrets = new Map<string, Readonly<Record<string, string>>>();
  const written: string[] = [];

  function held(name: string): Readonly<Record<string, string>> {
    const data = secrets.get(name);
    if (data === undefined) throw new KubeError('KUBE_NOT_FOUND', `${name} is not there`, { status: 404 });
    return data;
  }

  function write({ method, contentType, body }: KubeRequest, name: string): void {
    if (method === 'DELETE') {
      held(name);
      secrets.delete(name);
      return;
    }
    assert.equal(method, 'PATCH');
    const { data } = body as Patch; // what the store writes
    const isMerge = contentType === 'application/merge-patch+json';
    const entries = Object.entries(isMerge ? { ...held(name), ...data } : data);
    const kept = entries.filter((entry): entry is [string, string] => entry[1] !== null);
    const size = kept.reduce((sum, [, text]) => sum + Buffer.from(text, 'base64').length, 0);
    if (size > 1024 * 1024) throw new KubeError('KUBE_INVALID', 'too large', { status: 422 });
    secrets.set(name, Object.fromEntries(kept));
  }

  let requests = 0;
  const client = answeringClient(async (request) => {
    requests += 1;
    const name = request.path.slice(request.path.lastIndexOf('/') + 1);
    await turn();
    before?.(request, name);
    if (request.method !== 'GET') {
      written.push(`${request.method} ${name}`);
      write(request, name);
      after?.(request, name);
      return {};
    }
    if (name !== 'secrets') return { data: held(name) };
    const records = [...secrets].filter(([key]) => key !== 'sealift-journal');
    return { metadata: {}, items: records.map(([key, data]) => ({ metadata: { name: key }, data })) };
  });
  return {
    client,
    secrets,
    written,
    untilQuiet: async () => {
      for (let quiet = 0, seen = requests; quiet < 20; quiet += 1) {
        await turn();
        if (seen !== requests) quiet = 0;
        seen = requests;
      }
    },
  };
}
