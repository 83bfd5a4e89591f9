// A site with one tenant: keys, a policy for `config/*`, a Delivery that follows `production`, and the puller. What a
// test does to it goes through the product's own operations, as CI's commands do.
import assert from 'node:assert/strict';
import type { Delivery } from '../../src/api/delivery.ts';
import { deliverySchema } from '../../src/api/delivery.ts';
import { requestedAtAnnotation } from '../../src/api/common.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { promote, type PromoteRequest } from '../../src/operations/promote.ts';
import { publish } from '../../src/operations/publish.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import type { Resource } from '../../src/resources/resource.ts';
import { resourceSchema } from '../../src/resources/resource.ts';
import { generateKeyPair, parseSigningKey } from '../../src/signing/keys.ts';
import type { KeySigner } from '../../src/signing/signer.ts';
import type { Quorum } from '../../src/trust/authorities.ts';
import { verifySignatures } from '../../src/trust/signatures.ts';
import type { ServerProcess } from '../control-plane/server-process.ts';
import { readAuditEvents, type AuditEvent } from '../control-plane/audit.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { withTempDir } from '../helpers/temp.ts';
import { startSite, type Site } from '../site/site.ts';

export const tenantNamespace = 'tenant';
const pullerUser = 'system:serviceaccount:sealift-system:sealift-puller';
const deployerUser = `system:serviceaccount:${tenantNamespace}:deployer`;

export type Keys = {
  readonly ci: KeySigner;
  readonly release: KeySigner;
  readonly ciPem: string;
  readonly releasePem: string;
};

export type Restart = { readonly flags?: readonly string[]; meanwhile?(): Promise<void> };

export type Tenant = {
  readonly site: Site;
  readonly keys: Keys;
  readonly store: ContentStore;
  readonly puller: () => ServerProcess;
  storeOf(repository: string): ContentStore;
  publish(tag: string, yaml: string, signer?: KeySigner, store?: ContentStore): Promise<Digest>;
  promote(tag: string, options?: Partial<PromoteRequest>, repository?: string): Promise<void>;
  /** An admin's object, by path below the API server. */
  get(path: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  patch(path: string, body: object, contentType?: string): Promise<void>;
  remove(path: string): Promise<void>;
  delivery(name?: string): Promise<Delivery>;
  /** Waits for a state of the Delivery; a failure tells its conditions and the puller's log. */
  until(
    what: string,
    condition: (delivery: Delivery) => boolean | Promise<boolean>,
    name?: string,
  ): Promise<Delivery>;
  untilApplied(tag: string, digest: Digest): Promise<Delivery>;
  untilRefused(code: string, digest?: Digest): Promise<Delivery>;
  reconcileNow(name?: string): Promise<void>;
  /** Starts it again, with other flags where some are given; `meanwhile` runs while there is none. */
  restartPuller(signal: 'SIGTERM' | 'SIGKILL', options?: Restart): Promise<void>;
  /** Requests of the puller, and those made as the Delivery's account, from the audit log. */
  pullerRequests(): Promise<readonly AuditEvent[]>;
};

export type TenantOptions = {
  readonly workloads?: boolean;
  /** Further flags of the puller; the folder is the control plane's. */
  readonly flags?: (folder: string) => readonly string[];
};

/** Runs a test's body with a tenant; everything ends with it. */
export async function withTenant(
  body: (tenant: Tenant) => Promise<void>,
  { workloads = false, flags = () => [] }: TenantOptions = {},
): Promise<void> {
  await withTempDir(async (directory) => {
    const site = await startSite({ directory, workloads });
    const transport = createTransport();
    try {
      const storeOf: Tenant['storeOf'] = (repository) =>
        openRepository({ send: transport.send, reference: { registry: site.registry.host, repository } });
      const tenant = await createTenant(site, storeOf, flags(site.plane.directory));
      await body(tenant);
    } finally {
      transport.close();
      await site.stop();
    }
  });
}

export async function makeKeys(): Promise<Keys> {
  const [ci, release] = await Promise.all([generateKeyPair(''), generateKeyPair('')]);
  return {
    ci: await parseSigningKey(ci.privatePem),
    release: await parseSigningKey(release.privatePem),
    ciPem: ci.publicPem,
    releasePem: release.publicPem,
  };
}

export function configMap(
  name: string,
  data: Readonly<Record<string, string>>,
  namespace = tenantNamespace,
): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data });
}

async function createTenant(
  site: Site,
  storeOf: Tenant['storeOf'],
  firstFlags: readonly string[],
): Promise<Tenant> {
  const keys = await makeKeys();
  const store = storeOf('config/app');
  await site.apply(tenantObjects(site.registry.host, keys));
  let flags = firstFlags;
  let puller = await site.startPuller({ flags });
  const ports = { now: Date.now, log: () => undefined };
  const { plane } = site;

  const get: Tenant['get'] = async (path) => {
    const { status, body } = await plane.request('GET', path);
    return { status, body: typeof body === 'object' && body !== null ? { ...body } : {} };
  };
  const write = async (
    method: string,
    path: string,
    body?: object,
    contentType = 'application/merge-patch+json',
  ): Promise<void> => {
    const answer = await plane.request(method, path, body, { contentType });
    assert.ok(
      answer.status < 300,
      `${method} ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`,
    );
  };
  const delivery: Tenant['delivery'] = async (name = 'app') =>
    deliverySchema.parse((await get(deliveryPath(name))).body);
  const until: Tenant['until'] = async (what, condition, name = 'app') => {
    let latest = await delivery(name);
    try {
      await waitUntil(
        async () => {
          latest = await delivery(name);
          return condition(latest);
        },
        { what, timeoutMs: 30_000, assertPossible: () => puller.assertRunning() },
      );
    } catch (cause) {
      const log = (await puller.readLog()).split('\n').slice(-12).join('\n');
      throw new Error(`${what} was not seen: ${JSON.stringify(latest.status, null, 1)}\n${log}`, { cause });
    }
    return latest;
  };
  const reconcileNow: Tenant['reconcileNow'] = async (name = 'app') => {
    const annotations = { [requestedAtAnnotation]: `${performance.now()}` };
    await write('PATCH', deliveryPath(name), { metadata: { annotations } });
  };
  return {
    site,
    keys,
    store,
    storeOf,
    puller: () => puller,
    publish: async (tag, yaml, signer = keys.ci, target = store) => {
      const files = [{ path: 'app.yaml', bytes: Buffer.from(yaml) }];
      return (await publish({ store: target, files, annotations: {}, signer, tags: [tag] }, ports)).digest;
    },
    promote: async (tag, options = {}, repository = 'config/app') => {
      const channel = 'production';
      const quorumOf = (name: 'ci' | 'release'): Quorum => ({
        authorities: [{ name, key: keys[name].verifyKey }],
        threshold: 1,
      });
      const request: PromoteRequest = {
        store,
        from: tag,
        channel,
        wanted: { repository, channel, epoch: 1, quorum: quorumOf('release') },
        verifyRelease: (candidates) => void verifySignatures(candidates, quorumOf('ci')),
        signer: keys.release,
      };
      await promote({ ...request, ...options }, ports);
    },
    get,
    patch: (path, body, contentType) => write('PATCH', path, body, contentType),
    remove: (path) => write('DELETE', path),
    delivery,
    until,
    untilApplied: async (tag, digest) => {
      await reconcileNow();
      return until(
        `${tag} applied`,
        ({ status }) => status?.lastAppliedRevision === `production@${digest}` && isReady(status),
      );
    },
    untilRefused: async (code, digest) => {
      await reconcileNow();
      return until(`refusal ${code}`, ({ status }) => {
        const { candidate } = status ?? {};
        return candidate?.reason === code && (digest === undefined || candidate.digest === digest);
      });
    },
    reconcileNow,
    restartPuller: async (signal, restart = {}) => {
      if (signal === 'SIGKILL') {
        process.kill(puller.pid, signal);
        await waitUntil(async () => !puller.isRunning(), {
          what: 'the end of the puller',
          timeoutMs: 10_000,
        });
        // What a killed leader leaves is a lease that others wait out; here its pod's name comes back.
        await write('DELETE', '/apis/coordination.k8s.io/v1/namespaces/sealift-system/leases/sealift-puller');
      } else await puller.stop();
      await restart.meanwhile?.();
      flags = restart.flags ?? flags;
      puller = await site.startPuller({ flags });
    },
    pullerRequests: async () => {
      const events = await readAuditEvents(plane.auditLogFile);
      return events.filter(({ user }) => user.username === pullerUser || user.username === deployerUser);
    },
  };
}

export function isReady(status: Delivery['status']): boolean {
  return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') === true;
}

export function conditionOf(
  { status }: Delivery,
  type: string,
): { readonly status: string; readonly reason: string; readonly message: string } | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function deliveryPath(name = 'app'): string {
  return `/apis/sealift.dev/v1alpha1/namespaces/${tenantNamespace}/deliveries/${name}`;
}

export function configMapPath(name: string, namespace = tenantNamespace): string {
  return `/api/v1/namespaces/${namespace}/configmaps/${name}`;
}

export function deliveryObject(
  name: string,
  registry: string,
  repository: string,
  spec: object = {},
): Resource {
  return resourceSchema.parse({
    apiVersion: 'sealift.dev/v1alpha1',
    kind: 'Delivery',
    metadata: { name, namespace: tenantNamespace },
    spec: {
      source: { url: `oci://${registry}/${repository}`, ref: { tag: 'production' }, interval: '1h' },
      interval: '2h',
      prune: true,
      serviceAccountName: 'deployer',
      ...spec,
    },
  });
}

function tenantObjects(registry: string, keys: Keys): readonly Resource[] {
  const rbac = 'rbac.authorization.k8s.io';
  const role = { apiVersion: `${rbac}/v1`, metadata: { name: 'impersonate', namespace: tenantNamespace } };
  const objects: readonly unknown[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: tenantNamespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace: tenantNamespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'deployer' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: tenantNamespace }],
    },
    {
      ...role,
      kind: 'Role',
      rules: [
        {
          apiGroups: [''],
          resources: ['serviceaccounts'],
          resourceNames: ['deployer'],
          verbs: ['impersonate'],
        },
      ],
    },
    {
      ...role,
      kind: 'RoleBinding',
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'impersonate' },
      subjects: [{ kind: 'ServiceAccount', name: 'sealift-puller', namespace: 'sealift-system' }],
    },
    {
      apiVersion: 'sealift.dev/v1alpha1',
      kind: 'TrustPolicy',
      metadata: { name: 'tenant' },
      spec: {
        match: [{ url: `oci://${registry}/config/*`, namespaces: [tenantNamespace] }],
        repository: 'config/{1}',
        authorities: [
          { name: 'ci', key: { data: keys.ciPem } },
          { name: 'release', key: { data: keys.releasePem } },
        ],
        signatures: { authorities: ['ci'] },
        promotion: {
          channels: [
            { tag: 'production', authorities: ['release'] },
            { tag: 'staging', authorities: ['release'] },
          ],
        },
      },
    },
    deliveryObject('app', registry, 'config/app'),
  ];
  return objects.map((object) => resourceSchema.parse(object));
}
