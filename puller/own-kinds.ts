// The kinds that the puller is steered by: those of our own API, and what policies refer to. It need not discover them.
import { apiGroup } from '../src/api/common.ts';
import type { ResourceKind } from '../src/kube/discovery.ts';

export const deliveryKind = ownKind('Delivery', 'deliveries', true);
export const trustPolicyKind = ownKind('TrustPolicy', 'trustpolicies', false);
export const promotionRecordKind = ownKind('PromotionRecord', 'promotionrecords', false);

/** A namespaced kind of the core group. */
export function coreKind<Kind extends string>(
  kind: Kind,
  plural: string,
): ResourceKind & { readonly kind: Kind } {
  return { group: '', version: 'v1', kind, plural, namespaced: true, verbs: ['get', 'list', 'watch'] };
}

function ownKind(kind: string, plural: string, namespaced: boolean): ResourceKind {
  return { group: apiGroup, version: 'v1alpha1', kind, plural, namespaced, verbs: ['get', 'list', 'watch'] };
}
