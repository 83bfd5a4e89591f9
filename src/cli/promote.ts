// sealift promote: a signed statement, and only then the channel's tag. Also what belongs to it: going back, signing
// along as another authority, and saying that what was promoted still is.
import { InputError } from '../errors.ts';
import { parseDigest } from '../oci/digest.ts';
import { parseReference, type Reference } from '../oci/reference.ts';
import { prolong } from '../operations/prolong.ts';
import { assertTwoSigners, expiryMsOf, promote, type Promoted } from '../operations/promote.ts';
import { releaseSignedBy, type PromotionScope } from '../operations/promotion-scope.ts';
import type { Signer } from '../signing/signer.ts';
import {
  outputOptions,
  parseCount,
  parseFormat,
  parseVerb,
  readVerifyKeys,
  takePositionals,
} from './arguments.ts';
import { printResult } from './output.ts';
import { promotionOptions, readPromotionScope } from './promotion-options.ts';
import { readSigner, signingOptions } from './signing-options.ts';
import { connect, registryOptions } from './registries.ts';
import type { World } from './world.ts';

const options = {
  'verify-key': { type: 'string', multiple: true },
  'expires-in': { type: 'string' },
  reason: { type: 'string' },
  rollback: { type: 'string' },
  heartbeat: { type: 'boolean', default: false },
  after: { type: 'string' },
  cosign: { type: 'string' },
  'expect-current': { type: 'string' },
  ...promotionOptions,
  ...signingOptions,
  ...registryOptions,
  ...outputOptions,
} as const;

type Values = ReturnType<typeof parseVerb<typeof options>>['values'];

export async function runPromote(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, options);
  const format = parseFormat(values.output);
  const [text, channel] = takePositionals(positionals, 'oci://HOST/REPOSITORY[:TAG]', 'CHANNEL');
  const reference = parseReference(text);
  const from = subjectOf(reference, values);
  const expiresInMs = values['expires-in'] === undefined ? undefined : parseExpiry(values['expires-in']);
  const signer = await readSigner(values, world);
  const own = signer.kind === 'key' ? signer.verifyKey : undefined;
  const scope = await readPromotionScope(values, { reference, channel, own }, world);
  const verifyRelease = await releaseCheck(values, scope, signer, world);
  const { store, close } = await connect(reference, values, world);
  const ports = { now: world.now, log: (line: string) => world.stderr(`${line}\n`), signal: world.signal };
  const common = {
    store,
    channel,
    wanted: scope.wanted,
    maxAgeMs: scope.rule?.maxAgeMs,
    signer,
    expiresInMs,
    reason: values.reason,
  };
  try {
    const promoted = await (from === undefined
      ? prolong({ ...common, isSparing: true }, ports)
      : promote(
          {
            ...common,
            from,
            verifyRelease,
            after: values.after === undefined ? undefined : parseCount(values.after, 'after'),
            isRollback: values.rollback !== undefined,
            cosign: values.cosign === undefined ? undefined : parseDigest(values.cosign),
            expectCurrent:
              values['expect-current'] === undefined ? undefined : parseDigest(values['expect-current']),
          },
          ports,
        ));
    printPromoted(promoted, text, format, world);
  } finally {
    close();
  }
}

/** Tag or digest to promote; undefined for a heartbeat, which is about what the channel shows. */
function subjectOf(reference: Reference, values: Values): string | undefined {
  const from = reference.digest ?? reference.tag;
  const modes = [values.rollback !== undefined, values.heartbeat, values.cosign !== undefined];
  if (modes.filter(Boolean).length > 1) {
    throw new InputError('INPUT_CONFLICT', '--rollback, --heartbeat and --cosign exclude each other');
  }
  if (values.heartbeat && values['expect-current'] !== undefined) {
    throw new InputError('INPUT_CONFLICT', '--expect-current has no use with --heartbeat');
  }
  if (values.heartbeat || values.rollback !== undefined) {
    if (from !== undefined) {
      throw new InputError(
        'INPUT_CONFLICT',
        'with --rollback or --heartbeat the reference has no tag and no digest',
      );
    }
    return values.rollback === undefined ? undefined : parseDigest(values.rollback);
  }
  if (from === undefined) {
    throw new InputError('INPUT_INVALID', 'promote needs a reference with a tag or digest');
  }
  return from;
}

/** What is promoted must be a release: as the policy asks, or signed by a key that is named. */
async function releaseCheck(
  values: Values,
  scope: PromotionScope,
  signer: Signer,
  world: World,
): Promise<NonNullable<PromotionScope['verifyRelease']>> {
  if (scope.verifyRelease !== undefined) {
    if (values['verify-key'] !== undefined) {
      throw new InputError('INPUT_CONFLICT', '--policy excludes --verify-key: it has them');
    }
    return scope.verifyRelease;
  }
  if (values.heartbeat) return () => undefined;
  const keys = await readVerifyKeys(values['verify-key'] ?? [], world);
  const authorities = keys.map(({ key }, index) => ({ name: `key ${index + 1}`, key }));
  await assertTwoSigners(signer, authorities, world.signal);
  return releaseSignedBy(authorities);
}

function parseExpiry(text: string): number {
  const ms = expiryMsOf(text);
  if (ms !== undefined) return ms;
  throw new InputError(
    'INPUT_INVALID',
    `--expires-in is ${JSON.stringify(text)}, not a duration such as 720h`,
  );
}

function printPromoted(promoted: Promoted, text: string, format: 'text' | 'json', world: World): void {
  const { digest, channel, sequence, action, previousDigest, statementDigest, expiresAt, missingSigners } =
    promoted;
  if (missingSigners > 0 && format === 'text') {
    world.stderr(
      `the tag is not moved yet: run \`sealift promote ${text} ${channel} --cosign ${statementDigest}\` with another key\n`,
    );
  }
  printResult(world, format, {
    line: digest,
    data: {
      digest,
      channel,
      sequence,
      action,
      previousDigest: previousDigest ?? null,
      statementDigest,
      expiresAt: expiresAt ?? null,
      missingSigners,
      changed: promoted.isChanged,
    },
  });
}
