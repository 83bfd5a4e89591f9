// A lane is a place of its own on a shared control plane: a repository, a TrustPolicy for it and a Delivery that follows
// its channel `prod`, with a first good artifact applied. Attacks of one file run beside each other, each in its lane.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { apiVersion, requestedAtAnnotation } from '../../src/api/common.ts';
import type { Delivery } from '../../src/api/delivery.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { resourceSchema } from '../../src/resources/resource.ts';
import { attachLegacy } from '../../src/signing/attach-legacy.ts';
import { signLegacy } from '../../src/signing/sign-legacy.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { attestTo, promoteBy, pushFiles, type Forged } from '../helpers/forging.ts';
import { startProxy, type Meddler, type Proxy } from '../helpers/registry-proxy.ts';
import { publicPemOf, signerNamed } from '../helpers/signers.ts';
import { reasonOf } from '../../puller/status/conditions.ts';
import {
  conditionOf,
  configMap,
  configMapPath,
  deliveryObject,
  deliveryPath,
  isReady,
  withTenant,
  type Tenant,
  type TenantOptions,
} from './tenant.ts';

const timeoutMs = 20_000;

export type LaneOptions = {
  /** Members of the policy's spec in place of the usual ones. */
  readonly policy?: object;
  /** Members of the Delivery's spec, and of its source. */
  readonly delivery?: object;
  readonly source?: object;
  /** Value of the first artifact, promoted by sequence 1; `null` for none. */
  readonly first?: string | null;
  /** Members of the first promotion statement. */
  readonly promotion?: object;
  /** A man in the middle between the puller and the registry. */
  readonly meddler?: Meddler;
};

export type Lane = {
  readonly tenant: Tenant;
  /** Of the Delivery, the policy and the object that is applied. */
  readonly name: string;
  /** Logical name of its repository. */
  readonly repository: string;
  readonly url: string;
  readonly store: ContentStore;
  readonly proxy: Proxy | undefined;
  /** An artifact that holds the lane's ConfigMap with this value, unsigned. */
  push(value: string, ...more: readonly string[]): Promise<Content>;
  /** The same, signed by `ci`. */
  release(value: string, ...more: readonly string[]): Promise<Content>;
  attest(artifact: Content, signerName: string, forged?: Forged): Promise<Content>;
  attestLegacy(artifact: Content, signerName: string): Promise<Content>;
  /** A promotion statement by `promoter` with the next sequence, unless told otherwise; the tag stays. */
  promote(artifact: Content, members?: object, signerName?: string): Promise<Content>;
  show(artifact: Content): Promise<void>;
  /** Releases, promotes and shows it, and waits until it is applied. */
  deliver(value: string, members?: object): Promise<Content>;
  untilApplied(artifact: Content, value: string): Promise<Delivery>;
  /** The same, whatever is said by then of what the tag shows. */
  untilRuns(artifact: Content, value: string): Promise<Delivery>;
  until(what: string, condition: (delivery: Delivery) => boolean | Promise<boolean>): Promise<Delivery>;
  /** Shows an artifact, sees it refused with this code, and what runs untouched. */
  refuses(code: string, artifact: Content): Promise<Delivery>;
  /** Shows an artifact that can't be judged by now: an outage with this code, that takes nothing away. */
  cannotJudge(code: string, artifact: Content): Promise<void>;
  /** Asks for a look, and waits until it is over. */
  look(): Promise<Delivery>;
  /** Spoils what runs, and sees it corrected. */
  corrects(): Promise<void>;
  /** Spoils what runs, and sees that a whole look leaves it. */
  leavesAlone(): Promise<void>;
  /** What the lane's object holds in the cluster. */
  live(): Promise<string>;
  /** Makes the Delivery, which is there unless it was removed. */
  follow(): Promise<void>;
  /** Removes the Delivery with what it applied. */
  unfollow(): Promise<void>;
  setPolicy(spec: object): Promise<void>;
  setDelivery(spec: object): Promise<void>;
  /** The lane's PromotionRecord, or undefined. */
  record(): Promise<LaneRecord | undefined>;
};

export type LaneRecord = {
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly spec: {
    readonly repository: string;
    readonly epoch: number;
    readonly sequence: number;
    readonly digest: string;
    readonly issuedAt: string;
  };
};

export const policyPath = (name: string): string => `/apis/${apiVersion}/trustpolicies/${name}`;
export const recordsPath = `/apis/${apiVersion}/promotionrecords`;

/** Entries of a policy's authorities with the keys of the signers of their names. */
export async function keysOf(...names: readonly string[]): Promise<readonly object[]> {
  return Promise.all(
    names.map(async (name) => ({ name, key: { data: publicPemOf(await signerNamed(name)) } })),
  );
}

/** A channel `prod` that `promoter` may promote to, with these members beside. */
export function channel(members: object = {}, promotion: object = {}): object {
  return { channels: [{ tag: 'prod', authorities: ['promoter'], ...members }], ...promotion };
}

export type Attack = (open: (options?: LaneOptions) => Promise<Lane>, tenant: Tenant) => Promise<void>;

/** Runs attacks beside each other on one control plane and one puller, each with lanes of its own. */
export function testAttacks(
  title: string,
  attacks: Readonly<Record<string, Attack>>,
  { concurrency = 4, ...options }: TenantOptions & { readonly concurrency?: number } = {},
): void {
  test(title, { concurrency }, (t) =>
    withTenant(async (tenant) => {
      let count = 0;
      const run = async (attack: Attack, inner: TestContext): Promise<void> => {
        const opened: Lane[] = [];
        const open = async (options: LaneOptions = {}): Promise<Lane> => {
          const lane = await openLane(tenant, `lane-${(count += 1)}`, options);
          opened.push(lane);
          return lane;
        };
        try {
          await attack(open, tenant);
        } finally {
          inner.diagnostic(opened.map(({ name }) => name).join(' '));
          // Without the one in the middle a Delivery would only fail to reach its registry.
          for (const { proxy, name } of opened) {
            if (proxy === undefined) continue;
            await tenant.remove(deliveryPath(name));
            await proxy.close();
          }
        }
      };
      await Promise.all(
        Object.entries(attacks).map(([name, attack]) => t.test(name, (inner) => run(attack, inner))),
      );
    }, options),
  );
}

export async function openLane(tenant: Tenant, name: string, options: LaneOptions): Promise<Lane> {
  const { site } = tenant;
  const { first = 'first', meddler } = options;
  const proxy = meddler === undefined ? undefined : await startProxy(site.registry.host, meddler);
  const host = proxy?.host ?? site.registry.host;
  const repository = `${name}/app`;
  const store = tenant.storeOf(repository);
  const source = {
    url: `oci://${host}/${repository}`,
    ref: { tag: 'prod' },
    interval: '1h',
    ...options.source,
  };
  let sequence = 0;
  let running: { readonly revision: string; readonly value: string } | undefined;

  const live: Lane['live'] = async () => {
    const { data } = (await tenant.get(configMapPath(name))).body as { data?: { value?: string } }; // the API server's answer
    return data?.value ?? '';
  };
  const until: Lane['until'] = (what, condition) => tenant.until(`${name}: ${what}`, condition, name);
  const push: Lane['push'] = (value, ...more) => {
    const text = [configMap(name, { value }), ...more].join('\n---\n');
    return pushFiles(store, [{ path: 'app.yaml', bytes: Buffer.from(text) }]);
  };
  const attest: Lane['attest'] = async (artifact, signerName, forged) =>
    attestTo(store, artifact.descriptor, await signerNamed(signerName), forged);
  const release: Lane['release'] = async (value, ...more) => {
    const artifact = await push(value, ...more);
    await attest(artifact, 'ci');
    return artifact;
  };
  const promote: Lane['promote'] = async (artifact, members = {}, signerName = 'promoter') => {
    const next = { sequence: sequence + 1, ...members };
    // Only what the true promoter says counts on.
    if (signerName === 'promoter') sequence = Math.max(sequence, next.sequence);
    const signer = await signerNamed(signerName);
    return promoteBy(store, artifact.descriptor, signer, { repository, ...next });
  };
  const show: Lane['show'] = async (artifact) => store.tag(artifact, 'prod');
  const untilShown = async (artifact: Content, value: string, mustBeReady: boolean): Promise<Delivery> => {
    const revision = `prod@${artifact.descriptor.digest}`;
    const delivery = await until(`${value} applied`, async ({ status }) => {
      if (status?.lastAppliedRevision !== revision || (mustBeReady && !isReady(status))) return false;
      return (await live()) === value;
    });
    running = { revision, value };
    return delivery;
  };
  const untilApplied: Lane['untilApplied'] = (artifact, value) => untilShown(artifact, value, true);
  const deliver: Lane['deliver'] = async (value, members) => {
    const artifact = await release(value);
    await promote(artifact, members);
    await show(artifact);
    await tenant.reconcileNow(name);
    await untilApplied(artifact, value);
    return artifact;
  };
  const look: Lane['look'] = async () => {
    await tenant.reconcileNow(name);
    return until(
      'a look',
      ({ status, metadata }) =>
        status?.lastHandledReconcileAt === metadata.annotations?.[requestedAtAnnotation],
    );
  };
  const corrects: Lane['corrects'] = async () => {
    await spoil();
    await waitUntil(async () => (await live()) === running?.value, {
      what: `${name} to be corrected`,
      timeoutMs,
    });
  };
  const spoil = (): Promise<void> => tenant.patch(configMapPath(name), { data: { value: 'spoiled' } });

  await site.apply([
    resourceSchema.parse({
      apiVersion,
      kind: 'TrustPolicy',
      metadata: { name },
      spec: {
        match: [{ url: `oci://${host}/${name}/*` }],
        repository: `${name}/{1}`,
        authorities: await keysOf('ci', 'promoter'),
        signatures: { authorities: ['ci'] },
        promotion: channel(),
        ...options.policy,
      },
    }),
  ]);
  if (first !== null) {
    const artifact = await release(first);
    await promote(artifact, options.promotion);
    await show(artifact);
  }
  const follow: Lane['follow'] = () =>
    site.apply([deliveryObject(name, host, repository, { source, ...options.delivery })]);
  await follow();
  if (first !== null) await untilApplied(await store.resolve('prod'), first);

  return {
    tenant,
    name,
    repository,
    url: source.url,
    store,
    proxy,
    push,
    release,
    attest,
    attestLegacy: async (artifact, signerName) => {
      const { digest } = artifact.descriptor;
      const layer = await signLegacy(await signerNamed(signerName), digest, `${host}/${repository}`);
      return attachLegacy(store, artifact.descriptor, layer);
    },
    promote,
    show,
    deliver,
    untilApplied,
    untilRuns: (artifact, value) => untilShown(artifact, value, false),
    until,
    refuses: async (code, artifact) => {
      const { digest } = artifact.descriptor;
      await show(artifact);
      // A refusal that stood before is not this one.
      await look();
      const delivery = await until(`refusal ${code}`, ({ status }) => {
        const candidate = status?.candidate;
        return candidate?.reason === code && candidate.digest === digest;
      });
      for (const type of ['Ready', 'SourceVerified']) {
        const condition = conditionOf(delivery, type);
        assert.equal(condition?.status, 'False');
        assert.equal(condition.reason, reasonOf(code));
        assert.match(condition.message, new RegExp(`^${code}: `, 'u'));
      }
      assert.equal(delivery.status?.lastAppliedRevision, running?.revision);
      assert.equal(await live(), running?.value ?? '');
      return delivery;
    },
    cannotJudge: async (code, artifact) => {
      await show(artifact);
      await look();
      const found = await until(`outage ${code}`, (delivery) => {
        const condition = conditionOf(delivery, 'SourceVerified');
        return condition?.status === 'Unknown' && condition.message.startsWith(`${code}: `);
      });
      assert.equal(found.status?.candidate, undefined);
      assert.equal(found.status?.lastAppliedRevision, running?.revision);
      assert.equal(isReady(found.status), running !== undefined);
      if (running !== undefined) await corrects();
    },
    look,
    corrects,
    leavesAlone: async () => {
      await spoil();
      await look();
      assert.equal(await live(), 'spoiled');
    },
    live,
    follow,
    unfollow: async () => {
      await tenant.remove(deliveryPath(name));
      await waitUntil(async () => (await tenant.get(deliveryPath(name))).status === 404, {
        what: `the end of ${name}`,
        timeoutMs,
      });
      running = undefined;
    },
    setPolicy: (spec) => tenant.patch(policyPath(name), { spec }),
    setDelivery: (spec) => tenant.patch(deliveryPath(name), { spec }),
    record: async () => {
      const { items } = (await tenant.get(recordsPath)).body as { items: readonly LaneRecord[] }; // the API server's answer
      return items.find(({ spec }) => spec.repository === repository);
    },
  };
}
