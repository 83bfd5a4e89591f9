// Records of promotions for artifacts that are not promoted: nothing is known, and nothing is remembered.
import type { PromotionRecords } from '../../puller/source/promotion-records.ts';

export const noPromotions: PromotionRecords = {
  onEvent: () => false,
  rollbackFrom: () => undefined,
  highest: () => undefined,
  raise: async () => undefined,
  refresh: async () => undefined,
};
