// What is done to the registry in the system under test: by the tool as it is, and by who forges around it.
import { errorCodeOf, RegistryError } from '../../../src/errors.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { parseDigest } from '../../../src/oci/digest.ts';
import { formatTime, type Ports } from '../../../src/operations/ports.ts';
import { prolong } from '../../../src/operations/prolong.ts';
import { promote, type Promoted } from '../../../src/operations/promote.ts';
import { publish } from '../../../src/operations/publish.ts';
import type { PromotionRequest } from '../../../src/trust/promotion.ts';
import { promotionPredicateType } from '../../../src/trust/promotion-statement.ts';
import { verifySignatures } from '../../../src/trust/signatures.ts';
import { quorumOf } from '../authorities.ts';
import { watchStore, type StoreCall } from '../failing-store.ts';
import { attachRaw, attestTo, pushValue } from '../forging.ts';
import { createMemoryStore, type MemoryStore } from '../../../src/oci/memory-store.ts';
import { configFile } from '../published.ts';
import { signerNamed } from '../signers.ts';
import type { Treatment } from './cluster.ts';
import { tellPapers } from './reading.ts';
import { channel, repository, type Action, type Actor, type Paper, type Policy, type Said } from './rules.ts';
import type { PromoteFacts } from './tool.ts';

export type Done =
  | { readonly code: string }
  | { readonly sequence: number; readonly action: Action; readonly missing: number };

/** One use of the tool: what came of it, and what is beside artifacts since. */
export type Used = { readonly outcome: Done; readonly attached: readonly Paper[] };

export type Situation = {
  readonly policy: Policy;
  readonly nowMs: number;
  readonly treatment: Treatment;
  /** Seen before each call of the store. */
  readonly before?: (call: StoreCall) => void | Promise<void>;
};

export type Forged = {
  readonly on: string;
  readonly about?: string;
  readonly by: Actor;
  readonly said: Said;
};

export type RegistrySide = {
  readonly memory: MemoryStore;
  /** Every paper, in the order of the registry. */
  readonly log: readonly Paper[];
  /** Publishes a value under a tag; unsigned where nobody signs. */
  publish(value: string, tag: string, by: Actor | undefined): Promise<Used & { readonly digest: string }>;
  promote(facts: PromoteFacts, situation: Situation): Promise<Used>;
  prolong(facts: Pick<PromoteFacts, 'by' | 'expiresInMs'>, situation: Situation): Promise<Used>;
  forge(forged: Forged): Promise<readonly Paper[]>;
  /** Attaches the very bytes of a paper to another artifact. */
  copy(paper: Paper, on: string): Promise<readonly Paper[]>;
  retag(digest: string): Promise<void>;
  deleteTag(tag: string): void;
};

export function createRegistrySide(): RegistrySide {
  const memory = createMemoryStore();
  const log: Paper[] = [];

  /** Runs something with a store that tells of its papers. */
  async function telling(
    signer: Actor,
    work: (store: ContentStore) => Promise<unknown>,
  ): Promise<readonly Paper[]> {
    const papers: Paper[] = [];
    const onPaper = (paper: Paper): void => {
      papers.push(paper);
      log.push(paper);
    };
    await work(tellPapers(memory, memory, { signer, onPaper }));
    return papers;
  }

  /** Uses the tool as an actor; a refusal is an outcome. */
  async function use(
    { by, ...facts }: PromoteFacts | Pick<PromoteFacts, 'by' | 'expiresInMs'>,
    { policy, nowMs, treatment, before }: Situation,
  ): Promise<Used> {
    let outcome: Done | undefined;
    const signer = await signerNamed(by);
    const wanted = await wantedOf(policy);
    const release = await quorumOf([policy.releaseKey]);
    const attached = await telling(by, async (told) => {
      const treated = treatStore(told, treatment);
      const store = before === undefined ? treated : watchStore(treated, before);
      const { maxAgeMs } = policy;
      const common = { store, channel, wanted, signer, maxAgeMs, expiresInMs: facts.expiresInMs };
      const ports = portsAt(nowMs);
      outcome = await outcomeOf(() =>
        'from' in facts
          ? promote(
              {
                ...common,
                ...facts,
                cosign: facts.cosign === undefined ? undefined : parseDigest(facts.cosign),
                verifyRelease: (candidates) => void verifySignatures(candidates, release),
              },
              ports,
            )
          : prolong(common, ports),
      );
    });
    if (outcome === undefined) throw new TypeError('the tool gave no outcome');
    return { outcome, attached };
  }

  return {
    memory,
    log,
    publish: async (value, tag, by) => {
      let digest = '';
      const attached = await telling(by ?? 'mallory', async (store) => {
        if (by === undefined) digest = (await pushValue(store, value, tag)).descriptor.digest;
        else {
          const signer = await signerNamed(by);
          const request = { store, files: [configFile(value)], annotations: {}, signer, tags: [tag] };
          ({ digest } = await publish(request, portsAt(0)));
        }
      });
      return { digest, attached, outcome: { sequence: 0, action: 'promote', missing: 0 } };
    },
    promote: use,
    prolong: use,
    forge: async ({ on, about = on, by, said }) =>
      telling(by, async (store) => {
        const { descriptor } = await memory.resolve(on);
        const predicate = predicateOf(said);
        await attestTo(store, descriptor, await signerNamed(by), {
          type: promotionPredicateType,
          predicate,
          about: parseDigest(about),
        });
      }),
    copy: (paper, on) =>
      telling(paper.signer, async (store) => {
        const { descriptor } = await memory.resolve(on);
        const carrier = JSON.parse(Buffer.from(memory.bytesOf(paper.carrier) ?? []).toString('utf8'));
        const bundle = memory.bytesOf(String(carrier.layers[0].digest)) ?? Buffer.from('');
        await attachRaw(store, descriptor, bundle, promotionPredicateType);
      }),
    retag: async (digest) => memory.tag(await memory.resolve(digest), channel),
    deleteTag: (tag) => void memory.deleteTag(tag),
  };
}

/** A store that treats its readers so. */
export function treatStore(store: ContentStore, { hides, unreadable }: Treatment): ContentStore {
  return {
    ...store,
    referrers: async (subject, signal) =>
      (await store.referrers(subject, signal)).filter(({ digest }) => !hides(digest)),
    async *fetch(descriptor, signal) {
      if (unreadable.has(descriptor.digest)) throw new RegistryError('REGISTRY_UNAVAILABLE', 'it is down');
      yield* store.fetch(descriptor, signal);
    },
  };
}

async function outcomeOf(work: () => Promise<Promoted>): Promise<Done> {
  try {
    const { sequence, action, missingSigners } = await work();
    return { sequence, action, missing: missingSigners };
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === undefined) throw error;
    return { code };
  }
}

function portsAt(nowMs: number): Ports {
  return { now: () => nowMs, log: () => undefined };
}

/** The channel as the command line reads it from a policy. */
async function wantedOf(policy: Policy): Promise<PromotionRequest> {
  const { authorities } = await quorumOf(policy.promoters);
  const heartbeat = await quorumOf(policy.mayCronProlong ? ['cron'] : []);
  const quorum = { authorities, threshold: policy.threshold };
  return { repository, channel, epoch: policy.epoch, quorum, heartbeatAuthorities: heartbeat.authorities };
}

function predicateOf({ issuedMs, expiresMs, previous, ...said }: Said): object {
  return {
    ...said,
    issuedAt: formatTime(issuedMs),
    ...(expiresMs === undefined ? {} : { expiresAt: formatTime(expiresMs) }),
    ...(previous === undefined ? {} : { previous: { sequence: 1, digest: previous } }),
  };
}
