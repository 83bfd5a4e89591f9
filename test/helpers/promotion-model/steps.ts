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
  [3, tool.racePromotions],
  [1, attack.bareRetag],
  [2, attack.replayOldTag],
  [2, attack.replayFormerEpoch],
  [2, attack.replayAfterRestore],
  [1, attack.copyStatement],
  [1, attack.statementAboutOther],
  [2, attack.statementElsewhere],
  [2, attack.equivocate],
  [2, attack.jumpSequence],
  [1, attack.statementWithTimes],
  [1, attack.jumpToMinSequence],
  [1, attack.clockSetBackAfterHeartbeat],
  [1, attack.heartbeatBeyondMaxAge],
  [1, attack.promoteByCronKey],
  [1, attack.promoteByReleaseKey],
  [2, attack.heartbeatForUnseen],
  [1, attack.oddHeartbeat],
  [2, attack.hideFromPromoter],
  [1, attack.hideFromPuller],
  [2, attack.registryErrors],
  [1, attack.promoteOverUnreadable],
  [2, cluster.overtakenLook],
  [2, cluster.overwrittenRecord],
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

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/u);
}

/** Every command, by its name. */
const steps = words(`
  PullerLook ForgetfulLook OvertakenLook RecordOverwrittenDuringLook Publish Promote Rollback
  Cosign PromoteByTwo Heartbeat PromoteByWrongKey NewEpoch DeleteTag PromoteUnderErrors
  TagMovedDuringPromote RacePromotions BareRetag ReplayOldTag ReplayFormerEpoch ReplayAfterRestore
  CopyStatementToOtherArtifact JumpToMinSequence ClockSetBackAfterHeartbeat
  StatementAboutOtherArtifact StatementForOtherRepository StatementForOtherChannel
  StatementForOtherEpoch StatementWithTimes Equivocate JumpSequence PromoteByCronKey PromoteByReleaseKey
  HeartbeatForUnseenSequence OddHeartbeat HeartbeatBeyondMaxAge
  HideReferrersFromPromoter HideReferrersFromPuller
  PromoteOverUnreadable RegistryErrors AdvanceClock SetClockOfPullerBack SetClockOfPullerForward SetClockOfPullerRight
  SetClockOfPromoterBack SetClockOfPromoterForward SetClockOfPromoterRight DeleteDelivery
  RestartPuller SnapshotEtcd RestoreEtcd LoseVolume DamageVolume LoseBothMemories LowerRecord
  LocalRollback PolicyMend PolicyBreak
`);

/** What the puller refuses a tag for. */
const refusals = words(`
  POLICY_MISSING POLICY_INVALID REF_NOT_A_CHANNEL CONTENT_MISSING REGISTRY_UNAVAILABLE
  DIGEST_DENIED PREDICATE_UNEXPECTED SIGNATURE_MISSING SIGNATURE_INVALID SIGNATURE_UNCHECKABLE STATEMENT_MISSING
  WRONG_REPOSITORY WRONG_CHANNEL WRONG_EPOCH SEQUENCE_REPLAYED SEQUENCE_JUMP EQUIVOCATION
  STATEMENT_EXPIRED KUBE_UNAVAILABLE FILE_UNREADABLE
`);

/** What the tool refuses. */
const toolRefusals = words(`
  SIGNATURE_MISSING SIGNATURE_INVALID SIGNATURE_UNCHECKABLE REGISTRY_UNAVAILABLE STATEMENT_MISSING
  ROLLBACK_NOT_ALLOWED EQUIVOCATION TAG_MOVED SEQUENCE_REPLAYED WRONG_REPOSITORY WRONG_CHANNEL
  WRONG_EPOCH STATEMENT_EXPIRED
`);

/** Why what runs is corrected no longer. */
const distrusts = words(`
  POLICY_MISSING POLICY_INVALID REF_NOT_A_CHANNEL DIGEST_DENIED SIGNATURE_INVALID
  STATEMENT_MISSING SEQUENCE_REPLAYED
`);

/** All that must come about in a whole run: a model that is never asked proves nothing. */
export const expectedTally: readonly string[] = [
  ...steps.map((name) => `step ${name}`),
  ...cluster.changeNames.map((name) => `step Policy${name}`),
  ...refusals.map((code) => `look ${code}`),
  ...toolRefusals.map((code) => `tool ${code}`),
  ...distrusts.map((code) => `rejudge ${code}`),
  'look accepted',
  'look rolled back locally',
  'look overtaken',
  'record overwritten',
  'overdue',
  'tool promote',
  'tool rollback',
  'tool heartbeat',
  'tool waits for another signer',
  'race lost',
  'restore accepted',
  'restore STATEMENT_MISSING',
];
