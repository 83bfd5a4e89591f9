// What makes pods: Deployments and their like, Jobs, CronJobs and autoscalers.
import {
  below,
  checkMembers,
  checkNumber,
  checkOneOf,
  checkText,
  isThere,
  itemsOf,
  numberOf,
  textOf,
  type Field,
} from './fields.ts';
import { checkPod, checkTemplate } from './pods.ts';
import { isSchedule } from './schedules.ts';
import { checkOwnSelector, checkSelector } from './selectors.ts';

/** A Deployment, StatefulSet, DaemonSet or ReplicaSet. */
export function checkWorkload(object: Field): void {
  const spec = below(object, 'spec');
  checkNumber(below(spec, 'replicas'), 0);
  checkNumber(below(spec, 'minReadySeconds'), 0);
  checkNumber(below(spec, 'revisionHistoryLimit'), 0);
  checkOwnSelector(spec);
  const template = below(spec, 'template');
  const claims = itemsOf(below(spec, 'volumeClaimTemplates'));
  checkTemplate(
    template,
    claims.map((claim) => textOf(below(claim, 'metadata', 'name'))),
  );
  checkOneOf(below(template, 'spec', 'restartPolicy'), ['Always']);
  for (const name of ['strategy', 'updateStrategy']) checkStrategy(below(spec, name));
}

function checkStrategy(strategy: Field): void {
  const type = textOf(below(strategy, 'type'));
  const rolling = below(strategy, 'rollingUpdate');
  if (!isThere(rolling)) return;
  if (type === 'Recreate' || type === 'OnDelete') {
    rolling.refuse(`nothing where the type is ${type}`);
    return;
  }
  const bounds = ['maxSurge', 'maxUnavailable'].map((name) => below(rolling, name));
  for (const bound of bounds) checkShare(bound);
  const [surge, unavailable] = bounds;
  if (surge && unavailable && isZero(surge) && isZero(unavailable))
    unavailable.refuse('more than 0 where maxSurge is 0', '0');
}

/** A number or a share of all. */
function checkShare(field: Field): void {
  checkNumber(field, 0);
  checkText(field, (text) => /^\d+%$/u.test(text), 'a number, or a percentage as 25%');
}

function isZero({ value }: Field): boolean {
  return value === 0 || value === '0%';
}

export function checkJob(object: Field): void {
  checkJobSpec(below(object, 'spec'));
}

function checkJobSpec(spec: Field): void {
  for (const name of [
    'backoffLimit',
    'parallelism',
    'completions',
    'ttlSecondsAfterFinished',
    'activeDeadlineSeconds',
  ])
    checkNumber(below(spec, name), 0);
  const template = below(spec, 'template');
  checkTemplate(template);
  const policy = below(template, 'spec', 'restartPolicy');
  if (!['OnFailure', 'Never'].includes(textOf(policy))) policy.refuse('OnFailure or Never');
}

export function checkCronJob(object: Field): void {
  const spec = below(object, 'spec');
  checkText(below(spec, 'schedule'), isSchedule, 'a schedule of five fields, or one as @daily');
  checkText(below(spec, 'timeZone'), isTimeZone, 'a time zone as Europe/Berlin');
  for (const name of ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'])
    checkNumber(below(spec, name), 0);
  checkJobSpec(below(spec, 'jobTemplate', 'spec'));
}

function isTimeZone(text: string): boolean {
  try {
    const zone = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
    return !/^[+-]/u.test(zone);
  } catch {
    return false;
  }
}

/** A pod of its own. */
export function checkBarePod(object: Field): void {
  checkPod(below(object, 'spec'));
}

const metricMembers: Readonly<Record<string, string>> = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
};

export function checkAutoscaler(object: Field): void {
  const spec = below(object, 'spec');
  const most = below(spec, 'maxReplicas');
  const least = numberOf(below(spec, 'minReplicas')) ?? 1;
  checkNumber(below(spec, 'minReplicas'), 0);
  const count = numberOf(most);
  if (count !== undefined && (count < 1 || count < least))
    most.refuse('more than 0, and at least minReplicas', 'a lower number');
  for (const metric of itemsOf(below(spec, 'metrics'))) {
    const member = metricMembers[textOf(below(metric, 'type'))];
    if (member === undefined) continue;
    const source = below(metric, member);
    if (!isThere(source)) source.refuse('the source that the type names');
    else checkMembers(metric, Object.values(metricMembers));
  }
}

export function checkDisruptionBudget(object: Field): void {
  const spec = below(object, 'spec');
  checkMembers(spec, ['minAvailable', 'maxUnavailable'], 0);
  for (const name of ['minAvailable', 'maxUnavailable']) checkShare(below(spec, name));
  checkSelector(below(spec, 'selector'));
}
