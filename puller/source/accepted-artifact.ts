// What a Delivery asks of its source, and the artifact that all policies accept for it.
import type { TransformName } from '../../src/api/trust-policy.ts';
import type { ContentSource } from '../../src/oci/content-store.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { IgnoreRules } from '../../src/render/ignore.ts';
import type { Transforms } from '../../src/render/transforms.ts';
import type { Candidates } from '../../src/signing/candidates.ts';
import type { CompiledPolicy } from '../../src/trust/compiled-policy.ts';
import type { FollowedRef } from '../../src/trust/followed-ref.ts';
import type { Followed } from '../../src/trust/policy.ts';
import type { PromotionRecords } from './promotion-records.ts';
import type { StoredResources } from './stored-resources.ts';
import type { Hide, ValueSource } from './values.ts';

/** An artifact that all matching policies accept, with its objects. */
export type AcceptedArtifact = {
  readonly digest: Digest;
  /** `TAG@DIGEST`, or the digest where a digest is followed. */
  readonly revision: string;
  readonly resources: StoredResources;
  /** Bytes of the layer. */
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly policies: readonly string[];
  /** Authorities whose signatures counted, as `POLICY/AUTHORITY`. */
  readonly matched: readonly string[];
  /** Formats of the signatures that counted. */
  readonly formats: readonly string[];
  readonly promotion: PromotionSummary | undefined;
  /** The sequence that a cluster admin returned from, where this is the artifact before it. */
  readonly rolledBackFrom?: number;
  /** What policies that only audit would have refused. */
  readonly warnings: readonly string[];
  /** Where it was accepted from, and what counted: enough to judge it again without the registry. */
  readonly basis: {
    readonly followed: Followed;
    readonly candidates: Candidates;
    readonly transforms: ReadonlySet<TransformName>;
    /** The layer that its objects are from. */
    readonly layer: Digest;
    /** By what it was transformed: another Delivery's spec, or other values, make other objects of it. */
    readonly transformsKey: string;
    /** The part of it that the spec alone decides. */
    readonly specKey: string;
    /** Takes secret values that were filled in out of a text; absent where there are none. */
    readonly hide?: Hide | undefined;
    /** What the policies let this Delivery leave to others. */
    readonly driftMode: NonNullable<Transforms['driftMode']>;
    readonly ignore: IgnoreRules;
  };
};

/** What an accepted artifact's promotion says, as far as status, record and later judgements ask. */
export type PromotionSummary = {
  readonly channel: string;
  readonly sequence: number;
  readonly statementDigest: Digest;
  /** When it is overdue; ms since 1970, undefined where nothing sets an end. */
  readonly deadlineMs?: number | undefined;
  /** Whether it is a way back itself, by its statement or by a cluster admin's word. */
  readonly isRollback?: boolean | undefined;
};

/** What a Delivery follows, and everything that decides whether it is accepted. */
export type AcceptRequest = FollowedRef & {
  readonly source: ContentSource;
  /** What is kept of a digest that this Delivery has read before; undefined where nothing is. */
  readonly stored?: (digest: Digest) => Promise<ContentSource | undefined>;
  /** Told of a kept one that is damaged. */
  readonly onDamaged?: (digest: Digest) => Promise<void>;
  /** The policies of now, asked for at each judgement. */
  readonly policies: () => readonly CompiledPolicy[];
  /** Whether a source that no policy matches is taken as it is. */
  readonly mayBeUnverified: boolean;
  readonly transforms: Transforms;
  /** What the Delivery's ConfigMaps and Secrets give; nothing is read before policies allow it. */
  readonly values?: ValueSource;
  readonly records: PromotionRecords;
  /** Artifacts that have been healthy here. */
  readonly healthy: readonly (PromotionSummary & { readonly digest: Digest })[];
  readonly pullerNamespace: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Told as soon as the digest is known, so that a refusal can name it. */
  readonly onResolved: (digest: Digest) => void;
};
