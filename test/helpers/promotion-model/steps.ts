// All commands, each as often as it is to come among the others.
import type fc from 'fast-check';
import * as attack from './attack-steps.ts';
import * as cluster from './cluster-steps.ts';
import type { Step } from './step.ts';
import * as tool from './tool-steps.ts';

const weighted: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
  [14, cluster.pullerLook],
  [9, tool.promote],
  [2, tool.rollback],
  [2, tool.publish],
  [2, tool.cosign],
  [2, tool.promoteByTwo],
  [2, tool.heartbeat],
  [1, tool.promoteByWrongKey],
  [1, tool.newEpoch],
  [1, tool.deleteTag],
  [2, tool.disturbedPromote('PromoteUnderErrors')],
  [2, tool.disturbedPromote('TagMovedDuringPromote')],
  [2, tool.racePromotions],
  [1, attack.bareRetag],
  [2, attack.replayOldTag],
  [1, attack.copyStatement],
  [1, attack.statementAboutOther],
  [2, attack.statementElsewhere],
  [2, attack.equivocate],
  [2, attack.jumpSequence],
  [1, attack.statementWithTimes],
  [1, attack.promoteByCronKey],
  [2, attack.heartbeatForUnseen],
  [1, attack.oddHeartbeat],
  [2, attack.hideFromPromoter],
  [1, attack.hideFromPuller],
  [2, attack.registryErrors],
  [2, cluster.overtakenLook],
  [1, cluster.overwrittenRecord],
  [1, cluster.forgetfulLook],
  [1, cluster.lowerRecord],
  [2, cluster.advanceClock],
  [1, cluster.setClock('Puller')],
  [1, cluster.setClock('Promoter')],
  [3, cluster.policyChange],
  [3, cluster.mendPolicy],
  [1, cluster.breakPolicy],
  [1, cluster.deleteDelivery],
  [1, cluster.restartPuller],
  [1, cluster.snapshotEtcd],
  [2, cluster.restoreEtcd],
  [1, cluster.loseVolume],
  [1, cluster.damageVolume],
  [1, cluster.loseBoth],
  [3, cluster.localRollback],
];

export const allSteps: fc.Arbitrary<Step>[] = weighted.flatMap(([weight, step]) =>
  Array.from({ length: weight }, () => step),
);
