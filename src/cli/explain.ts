// sealift explain: check by check what was expected, what was found, and the one command that mends it; for a
// reference under a policy file, or for a Delivery under the policies of its cluster.
import { defaultNamespace } from '../api/install.ts';
import type { Delivery } from '../api/delivery.ts';
import { errorMessageOf, InputError, PromotionError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import { readClusterFacts, type ClusterFacts } from '../operations/cluster-facts.ts';
import { judgeReference, type Judgement } from '../operations/verify.ts';
import { transformsOfSpec } from '../render/transforms.ts';
import type { Check } from '../trust/judge.ts';
import { requirementsFor, type Followed } from '../trust/policy.ts';
import { followedOfSource } from '../trust/followed-ref.ts';
import { outputOptions, parseFormat, parseVerb, requireOption, takePositionals } from './arguments.ts';
import { clusterOptions, withCluster } from './cluster.ts';
import { followedOf, judgingOptions, readPolicyFile } from './judging.ts';
import type { Format } from './output.ts';
import { remedyOf } from './remedies.ts';
import { connect, registryOptions } from './registries.ts';
import type { World } from './world.ts';

const options = {
  ...judgingOptions,
  ...clusterOptions,
  ...registryOptions,
  ...outputOptions,
} as const;

type Values = ReturnType<typeof parseVerb<typeof options>>['values'];

export async function runExplain(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, options);
  const format = parseFormat(values.output);
  const [subject] = takePositionals(positionals, 'REFERENCE or delivery/NAME');
  const name = /^(?:delivery|deliveries|dlv)\/([a-z0-9.-]{1,253})$/u.exec(subject)?.[1];
  if (name === undefined) await explainReference(subject, values, format, world);
  else await explainDelivery(name, values, format, world);
}

async function explainReference(text: string, values: Values, format: Format, world: World): Promise<void> {
  const reference = parseReference(text);
  const { policies, highest } = await readPolicyFile(
    requireOption(values.policy, 'policy'),
    values['puller-namespace'],
  );
  const followed = followedOf({ kind: 'registry', reference }, reference.tag ?? 'latest', {
    policies,
    values,
  });
  const { store, close } = await connect(reference, values, world);
  try {
    const judgement = await judgeReference(store, {
      followed,
      reference: reference.digest ?? followed.tag,
      policies,
      highest,
      pullerNamespace: values['puller-namespace'],
      nowMs: world.now(),
      signal: world.signal,
    });
    print(world, format, { subject: text, followed, judgement, policies, highest, delivery: undefined });
  } finally {
    close();
  }
}

async function explainDelivery(name: string, values: Values, format: Format, world: World): Promise<void> {
  if (values.policy !== undefined || values.as !== undefined) {
    throw new InputError(
      'INPUT_CONFLICT',
      'a Delivery is judged by the policies of its cluster: no --policy, no --as',
    );
  }
  const { delivery, policies, highest } = await readFacts(name, values, world);
  const { source } = delivery.spec;
  const followed = followedOfSource(source, delivery.metadata.namespace);
  const { url, tag, range } = followed;
  if (url.kind === 'layout') {
    throw new InputError(
      'INPUT_INVALID',
      `Delivery ${name} follows ${url.canonical}, which lies with the puller`,
      {
        hint: `Judge the layout itself: sealift verify oci-layout:FOLDER:TAG --policy FILE --as ${url.canonical}`,
      },
    );
  }
  const plain = { ...values, 'plain-http': values['plain-http'] || source.insecure };
  const { store, close } = await connect(url.reference, plain, world);
  try {
    const judgement = await judgeReference(store, {
      followed,
      reference: range === undefined ? tag : async () => range.pick(await store.tags(world.signal)),
      policies,
      highest,
      transforms: transformsOfSpec(delivery.spec),
      pullerNamespace: values['puller-namespace'],
      nowMs: world.now(),
      signal: world.signal,
    });
    print(world, format, {
      subject: `delivery/${name}`,
      followed,
      judgement,
      policies,
      highest,
      delivery,
    });
  } finally {
    close();
  }
}

function readFacts(name: string, values: Values, world: World): Promise<ClusterFacts> {
  return withCluster(values, world, (client, namespace) =>
    readClusterFacts(client, {
      namespace,
      name,
      pullerNamespace: values['puller-namespace'] || defaultNamespace,
    }),
  );
}

type Explained = {
  readonly subject: string;
  readonly followed: Followed;
  readonly judgement: Judgement;
  readonly delivery: Delivery | undefined;
} & Pick<ClusterFacts, 'policies' | 'highest'>;

function print(world: World, format: Format, explained: Explained): void {
  const { subject, followed, judgement, delivery } = explained;
  const { checks, digest } = judgement;
  const isAccepted = checks.every(({ outcome }) => outcome !== 'failed');
  const conditions = (delivery?.status?.conditions ?? []).map(({ type, status, reason, message }) => ({
    type,
    status,
    reason,
    message,
  }));
  if (format === 'json') {
    const data = {
      subject,
      url: followed.url.canonical,
      tag: followed.tag,
      digest: digest ?? null,
      accepted: isAccepted,
      checks: checks.map((check) => toJson(check, explained)),
      ...(delivery === undefined ? {} : { conditions }),
    };
    world.stdout(`${JSON.stringify(data)}\n`);
    return;
  }
  const lines = [
    `${subject}: ${isAccepted ? 'accepted' : 'refused'}${digest === undefined ? '' : ` ${digest}`}`,
  ];
  for (const check of checks) lines.push(...formatCheck(check, explained));
  for (const { type, status, message } of conditions)
    lines.push(`cluster says ${type}=${status}: ${errorMessageOf(message)}`);
  world.stdout(`${lines.join('\n')}\n`);
}

const marks = { passed: 'ok  ', failed: 'FAIL', warned: 'warn' } as const;

function formatCheck(check: Check, explained: Explained): readonly string[] {
  const { policy, name, outcome, expected, found, error } = check;
  const lines = [
    `${marks[outcome]} ${name}${policy === '-' ? '' : ` (${policy})`}`,
    `     expected: ${errorMessageOf(expected)}`,
    // What was found may be in words of others: it is one line, and stays one.
    `     found:    ${error === undefined ? '' : `${error.code}: `}${errorMessageOf(found)}`,
  ];
  const fix = fixOf(check, explained);
  if (error?.hint !== undefined) lines.push(`     why:      ${error.hint}`);
  if (fix !== undefined) lines.push(`     mend:     ${fix}`);
  return lines;
}

function toJson(check: Check, explained: Explained): object {
  const { policy, name, outcome, expected, found, error } = check;
  const fix = fixOf(check, explained);
  return {
    policy: policy === '-' ? null : policy,
    name,
    outcome,
    expected,
    found,
    ...(error === undefined ? {} : { code: error.code }),
    ...(error?.hint === undefined ? {} : { hint: error.hint }),
    ...(fix === undefined ? {} : { mend: fix }),
  };
}

function fixOf({ error, policy }: Check, explained: Explained): string | undefined {
  if (error === undefined) return undefined;
  const { followed, judgement } = explained;
  const sequence = error.details['sequence'];
  return remedyOf(error.code, {
    url: followed.url.canonical,
    tag: followed.tag,
    digest: judgement.digest,
    policy,
    sequence: typeof sequence === 'number' ? sequence : undefined,
    used: error instanceof PromotionError ? usedSequence(policy, explained) : undefined,
  });
}

/** The highest sequence that the cluster has accepted, or that the policy takes no longer. */
function usedSequence(
  policy: string,
  { policies, followed, highest }: Pick<Explained, 'policies' | 'followed' | 'highest'>,
): number | undefined {
  const rule = requirementsFor(policies, followed).find((one) => one.policy === policy)?.promotion;
  if (rule === undefined) return undefined;
  return Math.max(highest(rule.repository, rule.channel)?.sequence ?? 0, rule.minSequence - 1);
}
