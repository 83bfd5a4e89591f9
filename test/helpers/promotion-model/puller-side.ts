// The puller's acceptance in the system under test, as its reconciler uses it: what was applied is read again after a
// restart, what runs is judged by the policies of now, then the tag is.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acceptApplied, acceptTag, rejudge } from '../../../puller/source/accept.ts';
import type {
  AcceptedArtifact,
  AcceptRequest,
  PromotionSummary,
} from '../../../puller/source/accepted-artifact.ts';
import { createPromotionRecords, type PromotionRecords } from '../../../puller/source/promotion-records.ts';
import { openStateFolder, type StateFolder } from '../../../puller/source/state-folder.ts';
import { localRollbackAnnotation } from '../../../src/api/common.ts';
import { promotionRecordSchema, type PromotionRecordSpec } from '../../../src/api/promotion-record.ts';
import { errorCodeOf, InputError, KubeError, RegistryError } from '../../../src/errors.ts';
import type { KubeClient } from '../../../src/kube/request.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import type { CompiledPolicy } from '../../../src/trust/compiled-policy.ts';
import { parseSourceUrl } from '../../../src/trust/source-url.ts';
import { compileInput } from '../policies.ts';
import type { Accepted, MemoryFails, Treatment } from './cluster.ts';
import { createRecords, goneRecord, recordName, type Records } from './records.ts';
import { treatStore } from './registry-side.ts';
import { channel, repository, type Known, type Policy, type Refused } from './rules.ts';

type Applied = PromotionSummary & { readonly digest: Digest };

export type LookSituation = {
  readonly policy: Policy;
  readonly nowMs: number;
  readonly treatment: Treatment;
  readonly memoryFails?: MemoryFails;
  /** Happens while the layer is read: after the verdict, before anything is remembered. */
  readonly meanwhile?: () => Promise<void>;
};

export type Memories = {
  readonly record: Known | undefined;
  readonly volume: Known | 'unreadable' | undefined;
  readonly rollbackFrom: number | undefined;
};

export type PullerSide = {
  readonly records: Records;
  /** Reads what was applied before a restart; undefined where something runs, or nothing was applied. */
  restore(situation: LookSituation): Promise<Refused | Accepted | undefined>;
  running(): Accepted | undefined;
  /** What is remembered in the cluster and on the volume, and the return that is asked for. */
  memories(): Promise<Memories>;
  /** Why what runs is corrected no longer. */
  rejudge(policy: Policy): Promise<Refused | undefined>;
  look(situation: LookSituation): Promise<Refused | Accepted>;
  /** Lets the watch tell of the record as it is. */
  tell(): Promise<void>;
  restart(change?: { readonly isVolumeLost?: boolean }): Promise<void>;
  /** Writes rubbish over what the volume holds, and restarts; false where there is nothing. */
  damageVolume(): Promise<boolean>;
  forgetDelivery(): void;
};

type Process = { readonly promotions: PromotionRecords; readonly state: StateFolder };

const url = parseSourceUrl(`oci://registry.site/${repository}`);

/** @param folder an empty one, for volumes */
export async function createPullerSide(
  store: ContentStore,
  client: KubeClient,
  folder: string,
): Promise<PullerSide> {
  const records = createRecords(client);
  let fails: MemoryFails;
  let volumes = 1;
  let running: AcceptedArtifact | undefined;
  let applied: Applied | undefined;
  let healthy: readonly Applied[] = [];
  let process = await start();

  async function start(): Promise<Process> {
    const opened = await openStateFolder(volumePath());
    const state: StateFolder = {
      get: opened.get,
      put: (name, spec) => {
        if (fails !== 'volume') return opened.put(name, spec);
        return Promise.reject(new InputError('FILE_UNREADABLE', 'no space is left'));
      },
    };
    const watched: KubeClient = {
      ...client,
      request: (request) => {
        if (request.method === 'GET' || fails !== 'record') return client.request(request);
        return Promise.reject(new KubeError('KUBE_UNAVAILABLE', 'etcd has no leader'));
      },
    };
    const promotions = createPromotionRecords(watched, state);
    const object = await records.read();
    if (object !== undefined) promotions.onEvent({ type: 'ADDED', object });
    return { promotions, state };
  }

  function volumePath(): string {
    return join(folder, `volume-${volumes}`);
  }

  async function requestOf(situation: LookSituation): Promise<AcceptRequest> {
    const { policy, nowMs, meanwhile = async () => undefined } = situation;
    const policies = await compiled(policy);
    return {
      url,
      tag: channel,
      namespace: 'default',
      source: troubledStore(treatStore(store, situation.treatment), situation.treatment, meanwhile),
      policies: () => policies,
      mayBeUnverified: false,
      transforms: { path: '', commonMetadata: undefined },
      records: process.promotions,
      healthy,
      pullerNamespace: 'sealift-system',
      now: () => nowMs,
      signal: new AbortController().signal,
      onResolved: () => undefined,
    };
  }

  return {
    records,
    restore: async (situation) => {
      if (running !== undefined || applied === undefined) return undefined;
      const request = await requestOf(situation);
      const { digest, ...promotion } = applied;
      return codeOr(async () => {
        running = await acceptApplied(request, digest, promotion);
        return describeAccepted(running);
      });
    },
    running: () => running && describeAccepted(running),
    memories: async () => {
      const object = await records.read();
      const asked = object?.metadata.annotations?.[localRollbackAnnotation];
      const kept = process.state.get(recordName);
      return {
        record: object && toKnown(promotionRecordSchema.parse(object).spec),
        volume: typeof kept === 'object' ? toKnown(kept) : kept,
        rollbackFrom: asked === undefined ? undefined : Number(asked),
      };
    },
    rejudge: async (policy) => {
      const kept = running;
      if (kept === undefined) return undefined;
      const policies = await compiled(policy);
      const outcome = await codeOr(async () => {
        rejudge(kept, policies, { mayBeUnverified: false });
        return describeAccepted(kept);
      });
      return 'code' in outcome ? outcome : undefined;
    },
    look: async (situation) => {
      fails = situation.memoryFails;
      const request = await requestOf(situation);
      const outcome = await codeOr(async () => {
        running = await acceptTag(request);
        applied = appliedOf(running);
        const others = healthy.filter(({ digest }) => digest !== applied?.digest);
        healthy = [...(applied === undefined ? [] : [applied]), ...others];
        return describeAccepted(running);
      });
      fails = undefined;
      return outcome;
    },
    tell: async () => {
      const object = await records.read();
      if (object === undefined) process.promotions.onEvent({ type: 'DELETED', object: goneRecord() });
      else process.promotions.onEvent({ type: 'MODIFIED', object });
    },
    restart: async ({ isVolumeLost = false } = {}) => {
      if (isVolumeLost) volumes += 1;
      running = undefined;
      process = await start();
    },
    damageVolume: async () => damageFiles(volumePath()),
    forgetDelivery: () => {
      running = undefined;
      applied = undefined;
      healthy = [];
    },
  };
}

async function damageFiles(path: string): Promise<boolean> {
  const files = await readdir(path);
  for (const file of files) await writeFile(join(path, file), '{"epoch":');
  return files.length > 0;
}

/** A registry whose calls fail so; the layer's fetch is the moment at which others may act. */
function troubledStore(
  store: ContentStore,
  { fails }: Treatment,
  meanwhile: () => Promise<void>,
): ContentStore {
  const down = (what: string): RegistryError => new RegistryError('REGISTRY_UNAVAILABLE', `no ${what}`);
  return {
    ...store,
    resolve: async (tagOrDigest, signal) => {
      if (fails === 'resolve') throw down(tagOrDigest);
      return store.resolve(tagOrDigest, signal);
    },
    referrers: async (subject, signal) => {
      if (fails === 'referrers') throw down('referrers');
      return store.referrers(subject, signal);
    },
    async *fetch(descriptor, signal) {
      const isLayer = descriptor.mediaType === mediaTypes.fluxContent;
      if (isLayer && fails === 'layer') throw down(descriptor.digest);
      if (isLayer) await meanwhile();
      yield* store.fetch(descriptor, signal);
    },
  };
}

function toKnown({ epoch, sequence, digest, issuedAt }: PromotionRecordSpec): Known {
  return { epoch, sequence, digest, issuedMs: Date.parse(issuedAt) };
}

function appliedOf({ digest, promotion }: AcceptedArtifact): Applied | undefined {
  if (promotion === undefined) return undefined;
  const { sequence, statementDigest } = promotion;
  return { digest, channel, sequence, statementDigest };
}

function describeAccepted({ digest, promotion, rolledBackFrom }: AcceptedArtifact): Accepted {
  return { digest, sequence: promotion?.sequence ?? 0, deadlineMs: promotion?.deadlineMs, rolledBackFrom };
}

async function codeOr(work: () => Promise<Accepted>): Promise<Refused | Accepted> {
  try {
    return await work();
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === undefined) throw error;
    return { code };
  }
}

const compiledBy = new Map<string, Promise<readonly CompiledPolicy[]>>();

/** The policy as a cluster has it. */
function compiled(policy: Policy): Promise<readonly CompiledPolicy[]> {
  const key = JSON.stringify(policy);
  const found = compiledBy.get(key) ?? compile(policy);
  compiledBy.set(key, found);
  return found;
}

async function compile(policy: Policy): Promise<readonly CompiledPolicy[]> {
  const { fault, releaseKey, promoters, threshold, mayCronProlong, maxAgeMs } = policy;
  if (fault === 'missing') return [];
  const { epoch, minSequence, maxJump, mayRollBackLocally, denied } = policy;
  return [
    await compileInput({
      url: url.canonical,
      authorities: ['release', 'release2', 'alice', 'bob', 'cron'],
      signatures: { authorities: [releaseKey] },
      promotion: {
        epoch,
        minSequence,
        ...(maxJump === undefined ? {} : { maxJump }),
        localRollback: mayRollBackLocally ? 'Previous' : 'Never',
        channels: [
          {
            tag: fault === 'no-channel' ? 'staging' : channel,
            authorities: fault === 'one-key' ? [...promoters, releaseKey] : promoters,
            threshold,
            ...(mayCronProlong ? { heartbeatAuthorities: ['cron'] } : {}),
            ...(maxAgeMs === undefined ? {} : { maxAge: `${maxAgeMs / 1000}s` }),
          },
        ],
      },
      spec: { deniedDigests: denied },
    }),
  ];
}
