// sealift verify: whether a location's artifact is signed by named keys or identities, or what a puller says of it by its
// policies.
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { parseLocation } from './location.ts';
import { printResult } from './output.ts';
import { registryOptions } from './registries.ts';
import { openSource } from './stores.ts';
import {
  readVerification,
  tellVerification,
  verificationOptions,
  warningsOf,
  type Verification,
} from './verification.ts';
import type { World } from './world.ts';

export async function runVerify(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    ...verificationOptions,
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const location = parseLocation(takePositionals(positionals, 'LOCATION')[0]);
  const verify = await readVerification(values, location, { verb: 'verify', world });
  const { source, close } = await openSource(location, values, world);
  try {
    const verification = await verify(source);
    tellVerification(verification, world);
    printResult(world, format, { line: verification.digest, data: toJson(verification) });
  } finally {
    await close();
  }
}

function toJson({ isVerified, digest, matched, formats, judgement }: Verification): object {
  const found = { verified: isVerified, digest, matched, formats };
  if (judgement === undefined) return found;
  const { statement, deadlineMs } = judgement.verdict?.promotion ?? {};
  const promotion =
    statement === undefined
      ? null
      : {
          channel: statement.channel,
          sequence: statement.sequence,
          statementDigest: statement.statementDigest,
          expiresAt: deadlineMs === undefined ? null : new Date(deadlineMs).toISOString(),
        };
  return { ...found, promotion, warnings: warningsOf(judgement) };
}
