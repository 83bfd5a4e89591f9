// Promote as an action: inputs, the operation, outputs and the summary. What is promoted was verified; whether a site has
// applied it, only the site can say.
import { parseSourceUrl } from '../../src/trust/source-url.ts';
import { assertTwoKeys, promote, type Promoted } from '../../src/operations/promote.ts';
import {
  releaseSignedBy,
  scopeOfPolicies,
  type PromotionScope,
} from '../../src/operations/promotion-scope.ts';
import { connectRegistries } from '../../src/registry/connect.ts';
import { userSettings } from '../../src/registry/user-settings.ts';
import { readContext } from '../shared/context.ts';
import { runAction, type Told } from '../shared/run-action.ts';
import type { ActionWorld } from '../shared/world.ts';
import { readInputs, type Inputs } from './inputs.ts';
import { writeOutputs } from './outputs.ts';

/** Runs the action; never throws, gives the exit code. */
export function run(world: ActionWorld): Promise<0 | 1> {
  const { host } = world;
  return runAction(world, {
    read: () => readInputs(host, readContext(world.env)),
    act: async (inputs) => {
      const promoted = await promoteBy(inputs, world);
      writeOutputs(host, inputs.reference, promoted);
      return describe(inputs, promoted);
    },
  });
}

async function promoteBy(inputs: Inputs, { host, env, now, random, signal }: ActionWorld): Promise<Promoted> {
  const { reference, values, signer, ca } = inputs;
  const { wanted, rule, verifyRelease } = scopeOf(inputs);
  const { open, close } = connectRegistries({ ...userSettings(env), ca, random, now });
  try {
    return await host.group('Promote', () =>
      promote(
        {
          store: open(reference, values['plain-http']),
          from: values.from,
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
  } finally {
    close();
  }
}

type Scope = PromotionScope & { readonly verifyRelease: NonNullable<PromotionScope['verifyRelease']> };

function scopeOf({ reference, values, trust, signer }: Inputs): Scope {
  const { registry, repository } = reference;
  const { to: channel, namespace } = values;
  if ('policy' in trust) {
    const url = parseSourceUrl(`oci://${registry}/${repository}`);
    const scope = scopeOfPolicies(trust.file, trust.policy.policies, { url, tag: channel, namespace });
    return { ...scope, verifyRelease: scope.verifyRelease ?? (() => undefined) };
  }
  const { keys } = trust;
  assertTwoKeys(
    signer,
    keys.map(({ hint }) => hint),
  );
  const authorities = signer.kind === 'key' ? [{ name: 'promoter', key: signer.verifyKey }] : [];
  const logical = values['logical-repository'];
  return {
    rule: undefined,
    verifyRelease: releaseSignedBy(keys),
    wanted: {
      repository: logical === '' ? repository : logical,
      channel,
      epoch: 1,
      quorum: { authorities, threshold: 1 },
    },
  };
}

function describe({ reference, values }: Inputs, promoted: Promoted): Told {
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
    ],
  };
}

function titleOf({ channel, isChanged, missingSigners }: Promoted): string {
  if (missingSigners > 0) return `${missingSigners} more must sign before ${channel} shows it`;
  return isChanged ? `Promoted to ${channel}` : `${channel} shows it already`;
}
