// sealift promote: a signed statement, and only then the channel's tag.
import { InputError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import { promote } from '../operations/promote.ts';
import {
  connect,
  outputOptions,
  parseCount,
  parseFormat,
  parseVerb,
  readSigner,
  readKeys,
  readVerifyKeys,
  registryOptions,
  requireOption,
  takePositionals,
} from './arguments.ts';
import { printResult } from './output.ts';
import type { World } from './world.ts';

export async function runPromote(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    'verify-key': { type: 'string', multiple: true, default: [] },
    key: { type: 'string' },
    'promotion-key': { type: 'string', multiple: true, default: [] },
    repository: { type: 'string' },
    epoch: { type: 'string', default: '1' },
    note: { type: 'string' },
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const [text, channel] = takePositionals(positionals, 'oci://HOST/REPOSITORY:TAG', 'CHANNEL');
  const reference = parseReference(text);
  const from = reference.digest ?? reference.tag;
  if (from === undefined)
    throw new InputError('INPUT_INVALID', 'promote needs a reference with a tag or digest');
  const verifyKeys = (await readVerifyKeys(values['verify-key'], world)).map(({ key }) => key);
  const promotionKeys = await readKeys(values['promotion-key'], world);
  const signer = await readSigner(requireOption(values.key, 'key'), world);
  const { store, close } = await connect(reference, values, world);
  try {
    const promoted = await promote(
      {
        store,
        from,
        channel,
        repository: values.repository ?? reference.repository,
        epoch: parseCount(values.epoch, 'epoch'),
        verifyKeys,
        signer,
        promotionKeys: promotionKeys.map(({ key }) => key),
        note: values.note,
      },
      { now: world.now, log: (line) => world.stderr(`${line}\n`), signal: world.signal },
    );
    const { digest, sequence, action, previousDigest, statementDigest, isChanged } = promoted;
    printResult(world, format, {
      line: digest,
      data: {
        digest,
        channel,
        sequence,
        action,
        previousDigest: previousDigest ?? null,
        statementDigest,
        changed: isChanged,
      },
    });
  } finally {
    close();
  }
}
