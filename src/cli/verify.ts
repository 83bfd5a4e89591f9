// sealift verify: whether a reference is signed by named keys or identities, or what a puller says of it by its policies.
import { InputError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import { assertJudged, judgeReference, verifyArtifact, type Judgement } from '../operations/verify.ts';
import type { Authority } from '../signing/authority.ts';
import {
  connect,
  outputOptions,
  parseCount,
  parseFormat,
  parseVerb,
  readKeys,
  registryOptions,
  takePositionals,
} from './arguments.ts';
import { identityOptions, readIdentity } from './identity-options.ts';
import { followedOf, judgingOptions, readPolicyFile } from './judging.ts';
import { printResult, type Format } from './output.ts';
import type { World } from './world.ts';

export async function runVerify(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    'verify-key': { type: 'string', multiple: true, default: [] },
    threshold: { type: 'string', default: '1' },
    ...identityOptions,
    ...judgingOptions,
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const reference = parseReference(takePositionals(positionals, 'REFERENCE')[0]);
  const wanted = reference.digest ?? reference.tag ?? 'latest';
  const identity = await readIdentity(values);
  const keys = await readKeys(values['verify-key'], world);
  const authorities: readonly Authority[] = [...keys, ...(identity === undefined ? [] : [identity])];
  const threshold = parseCount(values.threshold, 'threshold');
  // None of any authorities would be met by what nobody signed.
  if (threshold < 1) throw new InputError('INPUT_INVALID', `--threshold is ${threshold}, not at least 1`);
  if ((values.policy === undefined) === (authorities.length === 0)) {
    throw new InputError(
      authorities.length === 0 ? 'INPUT_MISSING' : 'INPUT_CONFLICT',
      'verify needs either --policy, or --verify-key and --certificate-identity',
    );
  }
  const file =
    values.policy === undefined ? undefined : await readPolicyFile(values.policy, values['puller-namespace']);
  const followed = file && followedOf(reference, reference.tag ?? 'latest', file.policies, values);
  const { store, close } = await connect(reference, values, world);
  try {
    if (file === undefined || followed === undefined) {
      const { digest, matched, formats } = await verifyArtifact(store, {
        reference: wanted,
        authorities,
        threshold,
        signal: world.signal,
      });
      world.stderr(`signed by ${matched.join(', ')}\n`);
      printResult(world, format, { line: digest, data: { verified: true, digest, matched, formats } });
      return;
    }
    const judgement = await judgeReference(store, {
      followed,
      reference: wanted,
      policies: file.policies,
      highest: file.highest,
      pullerNamespace: values['puller-namespace'],
      nowMs: world.now(),
      signal: world.signal,
    });
    printJudgement(judgement, format, world);
  } finally {
    close();
  }
}

function printJudgement(judgement: Judgement, format: Format, world: World): void {
  const digest = assertJudged(judgement);
  const { checks, verdict } = judgement;
  const warnings = checks
    .filter(({ outcome }) => outcome === 'warned')
    .map(({ policy, error, found }) => ({ policy, code: error?.code ?? 'INTERNAL', message: found }));
  for (const { policy, code, message } of warnings) world.stderr(`warning: ${policy}: ${code}: ${message}\n`);
  const matched = verdict?.matched ?? [];
  const isVerified = matched.length > 0;
  world.stderr(
    isVerified ? `signed by ${matched.join(', ')}\n` : 'let through, but signed by nobody who counts\n',
  );
  const promotion = verdict?.promotion;
  const { statement, deadlineMs } = promotion ?? {};
  printResult(world, format, {
    line: digest,
    data: {
      verified: isVerified,
      digest,
      matched,
      formats: verdict?.formats ?? [],
      promotion:
        statement === undefined
          ? null
          : {
              channel: statement.channel,
              sequence: statement.sequence,
              statementDigest: statement.statementDigest,
              expiresAt: deadlineMs === undefined ? null : new Date(deadlineMs).toISOString(),
            },
      warnings,
    },
  });
}
