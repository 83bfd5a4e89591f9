// Records what a watch tells, waits for it, and makes the objects that it tells of.
import type { TestContext } from 'node:test';

import type { KubeObject } from '../../../src/kube/object.ts';
import type { ClusterConfig } from '../../../src/kube/config.ts';
import { type KubeClient, createKubeClient } from '../../../src/kube/request.ts';
import { type AdminRequest, assertStatus } from '../../control-plane/admin.ts';
import type { ResourceKind } from '../../../src/kube/discovery.ts';
import {
  type WatchHandle,
  type WatchOptions,
  type WatchState,
  watchResources,
} from '../../../src/kube/watch.ts';
import { waitUntil } from '../../control-plane/wait.ts';

export const configMapKind: ResourceKind = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  verbs: ['list', 'watch'],
};

export type WatchRecord = {
  readonly handle: WatchHandle;
  /** `ADDED name`, and `synced`, `restart` between them, in their order. */
  readonly told: string[];
  readonly states: WatchState[];
  /** Codes of the errors that changed the state. */
  readonly errors: string[];
  /** Names that exist, as the events tell. */
  readonly live: Set<string>;
  until(condition: () => boolean, what: string): Promise<void>;
  /** Stops the watch and waits for its end. */
  end(): Promise<void>;
};

/** Watches the metadata of ConfigMaps with label `watched`, unless the options say otherwise; objects go to `seen`. */
export function recordWatch(
  client: KubeClient,
  options: Partial<WatchOptions> = {},
  seen: KubeObject[] = [],
): WatchRecord {
  const told: string[] = [];
  const states: WatchState[] = [];
  const errors: string[] = [];
  const live = new Set<string>();
  const handle = watchResources(client, {
    kind: configMapKind,
    labelSelector: 'watched',
    form: 'metadata',
    onEvent({ type, object }) {
      const { name } = object.metadata;
      seen.push(object);
      told.push(`${type} ${name}`);
      if (type === 'DELETED') live.delete(name);
      else live.add(name);
    },
    onSynced: () => told.push('synced'),
    onRestart: () => told.push('restart'),
    onRewound: () => told.push('rewound'),
    onStatus(state, error) {
      states.push(state);
      if (error !== undefined) errors.push(error.code);
    },
    ...options,
  });
  return {
    handle,
    told,
    states,
    errors,
    live,
    async until(condition, what) {
      try {
        await waitUntil(() => Promise.resolve(condition()), { what, timeoutMs: 60_000 });
      } catch (cause) {
        throw new Error(`${what}; ${[...told, ...states, ...errors].join(', ')}`, { cause });
      }
    },
    async end() {
      handle.stop();
      await handle.done;
    },
  };
}

/** A client that finds dead connections soon; it is closed when the test ends. */
export function makeClient(t: TestContext, config: ClusterConfig): KubeClient {
  const client = createKubeClient({
    config,
    now: () => performance.now(),
    random: Math.random,
    ping: { intervalMs: 200, timeoutMs: 300 },
  });
  t.after(() => client.close());
  return client;
}

export type Objects = {
  readonly namespace: string;
  create(name: string): Promise<void>;
  patch(name: string, patch: unknown): Promise<void>;
  remove(name: string): Promise<void>;
};

/** ConfigMaps with label `watched` in a namespace of their own. */
export async function makeNamespace(request: AdminRequest, namespace: string): Promise<Objects> {
  assertStatus(await request('POST', '/api/v1/namespaces', { metadata: { name: namespace } }), namespace);
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  return {
    namespace,
    async create(name) {
      const metadata = { name, labels: { watched: '' } };
      assertStatus(await request('POST', path, { metadata, data: { a: '1' } }), name);
    },
    async patch(name, patch) {
      const contentType = 'application/merge-patch+json';
      assertStatus(await request('PATCH', `${path}/${name}`, patch, { contentType }), name);
    },
    async remove(name) {
      assertStatus(await request('DELETE', `${path}/${name}`), name);
    },
  };
}
