// A bed is a namespace of its own on a shared control plane: a TrustPolicy, an account, a Delivery `app` that follows
// the tag `prod` of `NAME/app`. Behaviours of the reconciler run beside each other, each in its bed.
import assert from 'node:assert/strict';
import { apiVersion as apiGroupVersion, requestedAtAnnotation } from '../../src/api/common.ts';
import { transformNames } from '../../src/api/trust-policy.ts';
import { deliverySchema, type Delivery } from '../../src/api/delivery.ts';
import { createDiscovery, type Discovery, type ResourceKind } from '../../src/kube/discovery.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { openRepository } from '../../src/registry/repository.ts';
import type { Transport } from '../../src/registry/transport.ts';
import { parseApiVersion, resourceSchema } from '../../src/resources/resource.ts';
import { readAuditEvents, type AuditEvent } from '../control-plane/audit.ts';
import type { ServerProcess } from '../control-plane/server-process.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { attestTo, promoteBy, pushFiles } from '../helpers/forging.ts';
import { publicPemOf, signerNamed } from '../helpers/signers.ts';
import type { Site } from '../site/site.ts';
import { conditionOf, isReady } from './tenant.ts';

const timeoutMs = 20_000;
const pullerUser = 'system:serviceaccount:sealift-system:sealift-puller';

/** An object by what names it; of the bed's namespace, unless it says otherwise. */
export type Reference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
};

/** An object as the API server has it. */
export type LiveObject = {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
    readonly managedFields?: readonly {
      readonly manager?: string;
      readonly operation?: string;
      readonly subresource?: string;
      readonly fieldsV1?: object;
    }[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: Readonly<Record<string, unknown>>;
};

export type BedOptions = {
  /** Members of the policy's spec in place of the usual ones. */
  readonly policy?: object;
  /** Members of the Delivery's spec, and of its source. */
  readonly delivery?: object;
  readonly source?: object;
  /** Whether `prod` is a channel: what is published is promoted as well. */
  readonly isPromoted?: boolean;
};

export type Write = { readonly manager?: string; readonly force?: boolean; readonly isDryRun?: boolean };

export type Bed = {
  readonly site: Site;
  readonly puller: () => ServerProcess;
  /** Of the namespace, the policy and the repository's folder. */
  readonly name: string;
  readonly url: string;
  readonly store: ContentStore;
  storeOf(repository: string): ContentStore;
  /** Pushes and signs an artifact of these objects, promotes it where it is promoted, and tags it; asks for no look. */
  publish(objects: readonly object[], tag?: string, store?: ContentStore): Promise<Content>;
  /** Makes a Delivery, `app` unless told otherwise. */
  follow(spec?: object, name?: string): Promise<void>;
  /** Publishes, makes the Delivery where it is not there, asks for a look, and waits until it is applied and Ready. */
  deliver(objects: readonly object[], tag?: string): Promise<Delivery>;
  /** Changes members of the Delivery's spec. */
  setSpec(spec: object, name?: string): Promise<void>;
  annotate(annotations: Readonly<Record<string, string | null>>, name?: string): Promise<void>;
  setPolicy(spec: object): Promise<void>;
  /** Removes the Delivery and waits until it is gone. */
  unfollow(name?: string): Promise<void>;
  delivery(name?: string): Promise<Delivery>;
  until(
    what: string,
    condition: (delivery: Delivery) => boolean | Promise<boolean>,
    name?: string,
  ): Promise<Delivery>;
  /** Waits for a condition whose reason or message holds a text. */
  untilCondition(type: string, status: string, text: string, name?: string): Promise<Delivery>;
  untilReady(artifact: Content, tag?: string, name?: string): Promise<Delivery>;
  /** Asks for a look, and waits until it is over. */
  look(name?: string): Promise<Delivery>;
  /** An object, or undefined where there is none. */
  get(reference: Reference): Promise<LiveObject | undefined>;
  untilObject(
    reference: Reference,
    what: string,
    condition: (object: LiveObject) => boolean,
  ): Promise<LiveObject>;
  untilGone(reference: Reference): Promise<void>;
  /** As somebody else: a merge patch, of a subresource where one is named. */
  edit(reference: Reference, patch: object, write?: Write & { readonly subresource?: string }): Promise<void>;
  /** As somebody else: a server-side apply. */
  apply(object: object, write?: Write): Promise<void>;
  /** Waits until admission refuses an object; nothing is made. */
  untilDenied(object: object): Promise<void>;
  remove(reference: Reference): Promise<void>;
  /** Notes of the Events of the namespace, newest last, as `REASON: NOTE`. */
  events(): Promise<readonly string[]>;
  untilEvent(text: string | RegExp): Promise<void>;
  /** Requests of the puller, and of this bed's account, about objects of this namespace, from the audit log. */
  requests(): Promise<readonly AuditEvent[]>;
  configMap(name: string, data: Readonly<Record<string, string>>, metadata?: object): object;
  deployment(name: string, spec?: object, metadata?: object): object;
};

export type Ground = {
  readonly site: Site;
  readonly transport: Transport;
  readonly puller: () => ServerProcess;
};

export const configMapOf = (name: string, namespace?: string): Reference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  ...(namespace === undefined ? {} : { namespace }),
});
export const deploymentOf = (name: string): Reference => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name,
});
const deliveryOf = (name: string): Reference => ({ apiVersion: apiGroupVersion, kind: 'Delivery', name });

/** Makes a bed. */
export async function openBed(ground: Ground, name: string, options: BedOptions = {}): Promise<Bed> {
  const { site, transport, puller } = ground;
  const { admin } = site;
  const { host } = site.registry;
  const discovery = createDiscovery(admin);
  const storeOf = (repository: string): ContentStore =>
    openRepository({ send: transport.send, reference: { registry: host, repository } });
  const store = storeOf(`${name}/app`);
  const url = `oci://${host}/${name}/app`;
  let sequence = 0;

  const pathOf = async (reference: Reference, subresource?: string): Promise<string> => {
    const kind = await kindOf(discovery, reference);
    const namespace = kind.namespaced ? (reference.namespace ?? name) : undefined;
    return resourcePath(kind, namespace, reference.name, subresource);
  };
  const get: Bed['get'] = async (reference) => {
    const path = await pathOf(reference);
    const answer = await admin.request({ method: 'GET', path }).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'KUBE_NOT_FOUND') return undefined;
      throw error;
    });
    return answer?.body as LiveObject | undefined; // the API server's answer
  };
  const edit: Bed['edit'] = async (reference, patch, { manager = 'somebody', subresource } = {}) => {
    await admin.request({
      method: 'PATCH',
      path: await pathOf(reference, subresource),
      query: { fieldManager: manager },
      contentType: 'application/merge-patch+json',
      body: patch,
    });
  };
  const apply: Bed['apply'] = async (
    object,
    { manager = 'somebody', force = true, isDryRun = false } = {},
  ) => {
    const resource = resourceSchema.parse(object);
    const { name: objectName, namespace } = resource.metadata;
    const { apiVersion, kind } = resource;
    const reference = {
      apiVersion,
      kind,
      name: objectName,
      ...(typeof namespace === 'string' ? { namespace } : {}),
    };
    await admin.request({
      method: 'PATCH',
      path: await pathOf(reference),
      query: { fieldManager: manager, force: String(force), ...(isDryRun ? { dryRun: 'All' } : {}) },
      body: resource,
    });
  };
  const delivery: Bed['delivery'] = async (deliveryName = 'app') =>
    deliverySchema.parse(await get(deliveryOf(deliveryName)));
  const until: Bed['until'] = async (what, condition, deliveryName = 'app') => {
    let latest = await delivery(deliveryName);
    try {
      await waitUntil(
        async () => {
          latest = await delivery(deliveryName);
          return condition(latest);
        },
        { what, timeoutMs, assertPossible: () => puller().assertRunning() },
      );
    } catch (cause) {
      const lines = (await puller().readLog()).split('\n').filter((line) => line.includes(`"${name}/`));
      const status = JSON.stringify(latest.status, null, 1);
      throw new Error(`${name}: ${what} was not seen: ${status}\n${lines.slice(-12).join('\n')}`, { cause });
    }
    return latest;
  };
  const annotate: Bed['annotate'] = (annotations, deliveryName = 'app') =>
    edit(deliveryOf(deliveryName), { metadata: { annotations } });
  const requestLook = (deliveryName: string): Promise<void> =>
    annotate({ [requestedAtAnnotation]: `${performance.now()}` }, deliveryName);
  const follow: Bed['follow'] = (spec = {}, deliveryName = 'app') =>
    apply(
      {
        apiVersion: apiGroupVersion,
        kind: 'Delivery',
        metadata: { name: deliveryName, namespace: name },
        spec: {
          source: { url, ref: { tag: 'prod' }, interval: '1h', ...options.source },
          interval: '2h',
          prune: true,
          serviceAccountName: 'deployer',
          ...options.delivery,
          ...spec,
        },
      },
      { manager: 'admin' },
    );
  const publish: Bed['publish'] = async (objects, tag = 'prod', target = store) => {
    const text = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    const artifact = await pushFiles(target, [{ path: 'app.yaml', bytes: Buffer.from(text) }]);
    await attestTo(target, artifact.descriptor, await signerNamed('ci'));
    if (options.isPromoted === true) {
      sequence += 1;
      const promoter = await signerNamed('promoter');
      await promoteBy(target, artifact.descriptor, promoter, { repository: `${name}/app`, sequence });
    }
    await target.tag(artifact, tag);
    return artifact;
  };
  const untilReady: Bed['untilReady'] = (artifact, tag = 'prod', deliveryName = 'app') => {
    const revision = `${tag}@${artifact.descriptor.digest}`;
    return until(
      `${revision} to be Ready`,
      ({ status }) => status?.lastAppliedRevision === revision && isReady(status),
      deliveryName,
    );
  };
  const untilGone: Bed['untilGone'] = (reference) =>
    waitUntil(async () => (await get(reference)) === undefined, {
      what: `the end of ${reference.kind} ${reference.name}`,
      timeoutMs,
    });
  const remove: Bed['remove'] = async (reference) => {
    await admin.request({ method: 'DELETE', path: await pathOf(reference) });
  };
  const events: Bed['events'] = async () => {
    const path = `/apis/events.k8s.io/v1/namespaces/${name}/events`;
    const { body } = await admin.request({ method: 'GET', path });
    const { items } = body as { items: readonly { reason?: string; note?: string }[] }; // the API server's answer
    return items.map(({ reason = '', note = '' }) => `${reason}: ${note}`);
  };

  await site.apply(await bedObjects(host, name, options));
  return {
    site,
    puller,
    name,
    url,
    store,
    storeOf,
    publish,
    follow,
    deliver: async (objects, tag = 'prod') => {
      const artifact = await publish(objects, tag);
      const isThere = (await get(deliveryOf('app'))) !== undefined;
      if (isThere) await requestLook('app');
      else await follow();
      return untilReady(artifact, tag);
    },
    setSpec: (spec, deliveryName = 'app') => edit(deliveryOf(deliveryName), { spec }),
    annotate,
    setPolicy: (spec) => edit({ apiVersion: apiGroupVersion, kind: 'TrustPolicy', name }, { spec }),
    unfollow: async (deliveryName = 'app') => {
      await remove(deliveryOf(deliveryName));
      await untilGone(deliveryOf(deliveryName));
    },
    delivery,
    until,
    untilCondition: (type, status, text, deliveryName) =>
      until(
        `${type}=${status} with ${text}`,
        (found) => {
          const condition = conditionOf(found, type);
          const words = `${condition?.reason ?? ''}: ${condition?.message ?? ''}`;
          return condition?.status === status && words.includes(text);
        },
        deliveryName,
      ),
    untilReady,
    look: async (deliveryName = 'app') => {
      await requestLook(deliveryName);
      return until(
        'a look',
        ({ status, metadata }) =>
          status?.lastHandledReconcileAt === metadata.annotations?.[requestedAtAnnotation],
        deliveryName,
      );
    },
    get,
    untilObject: async (reference, what, condition) => {
      let latest: LiveObject | undefined;
      await waitUntil(
        async () => {
          latest = await get(reference);
          return latest !== undefined && condition(latest);
        },
        { what: `${name}: ${reference.kind} ${reference.name} ${what}`, timeoutMs },
      );
      assert.ok(latest);
      return latest;
    },
    untilGone,
    edit,
    apply,
    untilDenied: (object) =>
      waitUntil(() => apply(object, { isDryRun: true }).then(() => false, isDenial), {
        what: `${name}: a denial`,
        timeoutMs,
      }),
    remove,
    events,
    untilEvent: (text) =>
      waitUntil(
        async () =>
          (await events()).some((event) =>
            typeof text === 'string' ? event.includes(text) : text.test(event),
          ),
        { what: `${name}: Event ${String(text)}`, timeoutMs },
      ),
    requests: async () => {
      const found = await readAuditEvents(site.plane.auditLogFile);
      const users = new Set([pullerUser, `system:serviceaccount:${name}:deployer`]);
      return found.filter(({ user, objectRef }) => users.has(user.username) && objectRef?.namespace === name);
    },
    configMap: (objectName, data, metadata = {}) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: objectName, namespace: name, ...metadata },
      data,
    }),
    deployment: (objectName, spec = {}, metadata = {}) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: objectName, namespace: name, ...metadata },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: objectName } },
        template: {
          metadata: { labels: { app: objectName } },
          spec: { containers: [{ name: 'main', image: 'app:1' }] },
        },
        ...spec,
      },
    }),
  };
}

function isDenial(error: unknown): boolean {
  return error instanceof Error && /denied (?:the )?request/u.test(error.message);
}

async function kindOf(discovery: Discovery, { apiVersion, kind }: Reference): Promise<ResourceKind> {
  const { group, version } = parseApiVersion(apiVersion);
  let found: ResourceKind | undefined;
  await waitUntil(
    async () => {
      found = await discovery.find(group, version, kind);
      if (found === undefined) discovery.invalidate();
      return found !== undefined;
    },
    { what: `${kind} of ${apiVersion} to be served`, timeoutMs },
  );
  assert.ok(found);
  return found;
}

/** A bed's namespace, account, rights and policy. */
async function bedObjects(host: string, name: string, { policy, isPromoted = false }: BedOptions) {
  const rbac = 'rbac.authorization.k8s.io';
  const authorities = await Promise.all(
    ['ci', 'promoter'].map(async (signer) => ({
      name: signer,
      key: { data: publicPemOf(await signerNamed(signer)) },
    })),
  );
  const objects: readonly unknown[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace: name } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: `deployer-${name}` },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: name }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'impersonate', namespace: name },
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
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'impersonate', namespace: name },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'impersonate' },
      subjects: [{ kind: 'ServiceAccount', name: 'sealift-puller', namespace: 'sealift-system' }],
    },
    {
      apiVersion: apiGroupVersion,
      kind: 'TrustPolicy',
      metadata: { name },
      spec: {
        match: [{ url: `oci://${host}/${name}/*` }],
        repository: `${name}/{1}`,
        authorities,
        signatures: { authorities: ['ci'] },
        allowTransforms: [...transformNames],
        ...(isPromoted ? { promotion: { channels: [{ tag: 'prod', authorities: ['promoter'] }] } } : {}),
        ...policy,
      },
    },
  ];
  return objects.map((object) => resourceSchema.parse(object));
}
