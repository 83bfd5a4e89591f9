// Promote as an action: inputs, the operation, outputs and the summary. What is promoted was verified; whether a site has
// applied it, only the site can say.
import { parseSourceUrl } from '../../src/trust/source-url.ts';
import { assertTwoSigners, promote, type Promoted } from '../../src/operations/promote.ts';
import {
  releaseSignedBy,
  scopeOfPolicies,
  type PromotionScope,
} from '../../src/operations/promotion-scope.ts';
import type { ContentSource } from '../../src/oci/content-store.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { parseManifest } from '../../src/oci/manifest.ts';
import { ownAuthorities } from '../../src/signing/own-signatures.ts';
import type { Signer } from '../../src/signing/signer.ts';
import { readContext } from '../shared/context.ts';
import { withRegistries } from '../shared/open-registry.ts';
import { openSigner, type Certified } from '../shared/open-signer.ts';
import { runAction, type Told } from '../shared/run-action.ts';
import type { ActionWorld } from '../shared/world.ts';
import { copyRelease } from './copy-release.ts';
import { recordFailure, recordPromotion, type Annotations, type DeploymentWish } from './deployment.ts';
import { readInputs, type Inputs } from './inputs.ts';
import { writeOutputs } from './outputs.ts';

/** Runs the action; never throws, gives the exit code. */
export function run(given: ActionWorld): Promise<0 | 1> {
  const { host } = given;
  return runAction(given, {
    read: () => readInputs(host, readContext(given.env)),
    act: async (inputs, world) => {
      let certified: Certified | undefined;
      const signer = openSigner(inputs.signing, world, {
        tries: inputs.registry.tries,
        onCertified: (found) => (certified = found),
      });
      const promoted = await promoteAndTell(inputs, signer, world);
      writeOutputs(host, inputs.reference, promoted);
      return describe(inputs, promoted, certified);
    },
  });
}

type Recorded = Promoted & {
  /** Empty where none is wanted, or none could be made. */
  readonly deploymentId: string;
};

async function promoteAndTell(inputs: Inputs, signer: Signer, world: ActionWorld): Promise<Recorded> {
  const wish = wishOf(inputs);
  if (wish === undefined) return { ...(await promoteBy(inputs, signer, world)).promoted, deploymentId: '' };
  let told: Awaited<ReturnType<typeof promoteBy>>;
  try {
    told = await promoteBy(inputs, signer, world);
  } catch (error) {
    const id = await recordFailure(world, wish, error);
    if (id !== '') world.host.output('deployment-id', id);
    throw error;
  }
  return { ...told.promoted, deploymentId: await recordPromotion(world, wish, told) };
}

function wishOf({ reference, values }: Inputs): DeploymentWish | undefined {
  if (!values.deployment) return undefined;
  return {
    environment: values.environment === '' ? values.to : values.environment,
    token: values['github-token'],
    repository: reference.repository,
    channel: values.to,
  };
}

async function promoteBy(
  inputs: Inputs,
  signer: Signer,
  world: ActionWorld,
): Promise<{ readonly promoted: Promoted; readonly annotations: Annotations }> {
  const { host, now, signal } = world;
  const { source, reference, values, registry } = inputs;
  const { wanted, rule, verifyRelease } = await scopeOf(inputs, signer, signal);
  return withRegistries(source.registry, registry, world, async (open) => {
    const store = open(reference);
    const from =
      values['destination-repository'] === undefined
        ? values.from
        : await host.group('Copy', () =>
            copyRelease(values.from, { source: open(source), target: store }, world),
          );
    const promoted = await host.group('Promote', () =>
      promote(
        {
          store,
          from,
          channel: values.to,
          wanted,
          verifyRelease,
          signer,
          maxAgeMs: rule?.maxAgeMs,
          expiresInMs: values['expires-in'],
          reason: values.reason === '' ? undefined : values.reason,
          isRollback: values.rollback,
          cosign: values.cosign,
          expectCurrent: values['expect-current'],
        },
        { now, signal, log: (line) => host.info(line) },
      ),
    );
    const annotations = values.deployment ? await readAnnotations(store, promoted.digest, signal) : {};
    return { promoted, annotations };
  });
}

/** None where they can't be read any more: they only say which commit a deployment is of. */
async function readAnnotations(
  store: ContentSource,
  digest: Digest,
  signal: AbortSignal,
): Promise<Annotations> {
  try {
    return parseManifest((await store.resolve(digest, signal)).bytes).annotations ?? {};
  } catch {
    return {};
  }
}

type Scope = PromotionScope & { readonly verifyRelease: NonNullable<PromotionScope['verifyRelease']> };

async function scopeOf(
  { reference, values, trust }: Inputs,
  signer: Signer,
  signal: AbortSignal,
): Promise<Scope> {
  const { registry, repository } = reference;
  const { to: channel, namespace } = values;
  if ('policy' in trust) {
    const url = parseSourceUrl(`oci://${registry}/${repository}`);
    const scope = scopeOfPolicies(trust.file, trust.policy.policies, { url, tag: channel, namespace });
    return { ...scope, verifyRelease: scope.verifyRelease ?? (() => undefined) };
  }
  const { authorities: releases } = trust;
  await assertTwoSigners(signer, releases, signal);
  const own = await ownAuthorities(signer, signal, 'promoter');
  const logical = values['logical-repository'];
  return {
    rule: undefined,
    verifyRelease: releaseSignedBy(releases),
    wanted: {
      repository: logical === '' ? repository : logical,
      channel,
      epoch: 1,
      quorum: { authorities: own === undefined ? [] : [own.bundle], threshold: 1 },
    },
  };
}

function describe({ reference, values }: Inputs, promoted: Recorded, certified: Certified | undefined): Told {
  const { digest, sequence, previousDigest } = promoted;
  const name = `${reference.registry}/${reference.repository}`;
  return {
    title: titleOf(promoted),
    line: `${name}@${digest}`,
    facts: [
      ['Artifact', `${name}@${digest}`],
      ['Channel', values.to],
      ['Sequence', String(sequence)],
      ['Before', previousDigest ?? 'nothing'],
      ['Statement', promoted.statementDigest],
      ...(promoted.deploymentId === '' ? [] : [['Deployment', promoted.deploymentId] as const]),
      ...(certified === undefined ? [] : [['Signer', certified.subject] as const]),
    ],
  };
}

function titleOf({ channel, isChanged, missingSigners }: Promoted): string {
  if (missingSigners > 0) return `${missingSigners} more must sign before ${channel} shows it`;
  return isChanged ? `Promoted to ${channel}` : `${channel} shows it already`;
}
