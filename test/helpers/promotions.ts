// Promotions as the command line asks for them, by the test signers.
import type { ContentStore } from '../../src/oci/content-store.ts';
import { promote, type PromoteRequest, type Promoted } from '../../src/operations/promote.ts';
import type { PromotionRequest } from '../../src/trust/promotion.ts';
import { verifySignatures } from '../../src/trust/signatures.ts';
import { quorumOf } from './authorities.ts';
import { makePorts } from './published.ts';
import { signerNamed } from './signers.ts';

type Wanted = {
  readonly channel?: string;
  readonly repository?: string;
  readonly epoch?: number;
  readonly signerName?: string;
  /** Names of the channel's authorities; its signer alone, where absent. */
  readonly promoters?: readonly string[];
  readonly threshold?: number;
};

type Options = Partial<Pick<PromoteRequest, 'after' | 'expiresInMs' | 'reason' | 'isRollback' | 'cosign'>>;

/** What is asked of statements of one channel. */
export async function wantedOf({
  channel = 'prod',
  repository = 'org/app',
  epoch = 1,
  signerName = 'promoter',
  promoters = [signerName],
  threshold = 1,
}: Wanted = {}): Promise<PromotionRequest> {
  return { repository, channel, epoch, quorum: await quorumOf(promoters, threshold) };
}

/** Promotes what the signer named `release` has signed to `prod`, unless told otherwise. */
export async function promoteTo(
  store: ContentStore,
  from: string,
  change: Wanted & Options = {},
): Promise<Promoted> {
  const release = await quorumOf(['release']);
  const { after, expiresInMs, reason, isRollback, cosign } = change;
  const request: PromoteRequest = {
    store,
    from,
    channel: change.channel ?? 'prod',
    wanted: await wantedOf(change),
    verifyRelease: (candidates) => void verifySignatures(candidates, release),
    signer: await signerNamed(change.signerName ?? 'promoter'),
    after,
    expiresInMs,
    reason,
    isRollback,
    cosign,
  };
  return promote(request, makePorts());
}
