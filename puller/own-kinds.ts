// The kinds of our own API that the puller follows; it need not discover them.
import { apiGroup } from '../src/api/common.ts';
import type { ResourceKind } from '../src/kube/discovery.ts';

export const deliveryKind = ownKind('Delivery', 'deliveries', true);
export const trustPolicyKind = ownKind('TrustPolicy', 'trustpolicies', false);
export const promotionRecordKind = ownKind('PromotionRecord', 'promotionrecords', false);

function ownKind(kind: string, plural: string, namespaced: boolean): ResourceKind {
  return { group: apiGroup, version: 'v1alpha1', kind, plural, namespaced, verbs: ['get', 'list', 'watch'] };
}
