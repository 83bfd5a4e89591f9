// Promotions as the command line asks for them, by the test signers.
import type { ContentStore } from '../../src/oci/content-store.ts';
import { promote, type PromoteRequest, type Promoted } from '../../src/operations/promote.ts';
import type { PromotionRequest } from '../../src/trust/promotion.ts';
import { verifySignatures } from '../../src/trust/signatures.ts';
import { quorumOf } from './authorities.ts';
import { makePorts } from './published.ts';
import { signerNamed } from './signers.ts';

export type PromotionChange = Partial<
  Pick<PromoteRequest, 'from' | 'channel' | 'after' | 'expiresInMs' | 'reason' | 'isRollback' | 'cosign'>
> & {
  readonly repository?: string;
  readonly epoch?: number;
  readonly signerName?: string;
  /** Names of the channel's authorities; its signer alone, where absent. */
  readonly promoters?: readonly string[];
  readonly threshold?: number;
};

/** What is asked of statements of one channel. */
export async function wantedOf({
  channel = 'prod',
  repository = 'org/app',
  epoch = 1,
  signerName = 'promoter',
  promoters = [signerName],
  threshold = 1,
}: PromotionChange = {}): Promise<PromotionRequest> {
  return { repository, channel, epoch, quorum: await quorumOf(promoters, threshold) };
}

/** Promotes what the signer named `release` has signed to `prod`, unless told otherwise. */
export async function promoteTo(
  store: ContentStore,
  from: string,
  change: PromotionChange = {},
): Promise<Promoted> {
  const {
    repository,
    epoch,
    signerName = 'promoter',
    promoters,
    threshold,
    channel = 'prod',
    ...rest
  } = change;
  const release = await quorumOf(['release']);
  const request: PromoteRequest = {
    store,
    from,
    channel,
    wanted: await wantedOf(change),
    verifyRelease: (candidates) => void verifySignatures(candidates, release),
    signer: await signerNamed(signerName),
    ...rest,
  };
  return promote(request, makePorts());
}
