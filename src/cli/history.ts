// sealift history: what was promoted to a channel, in which order, by whose statements, and until when.
import { InputError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import { readHistory, type HistoryEntry } from '../operations/history.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { promotionOptions, readPromotionScope } from './promotion-options.ts';
import { connect, registryOptions } from './registries.ts';
import type { World } from './world.ts';

export async function runHistory(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    ...promotionOptions,
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const [text, channel] = takePositionals(positionals, 'oci://HOST/REPOSITORY', 'CHANNEL');
  const reference = parseReference(text);
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new InputError('INPUT_INVALID', 'history needs a reference without tag and digest');
  }
  const { wanted, rule } = await readPromotionScope(values, { reference, channel, own: undefined }, world);
  const { store, close } = await connect(reference, values, world);
  try {
    const history = await readHistory(
      store,
      wanted,
      { maxAgeMs: rule?.maxAgeMs, nowMs: world.now() },
      world.signal,
    );
    if (format === 'json') world.stdout(`${JSON.stringify(history)}\n`);
    else for (const entry of history.entries) world.stdout(`${formatEntry(entry)}\n`);
    for (const note of history.notes) world.stderr(`${note}\n`);
  } finally {
    close();
  }
}

function formatEntry(entry: HistoryEntry): string {
  const { isCurrent, sequence, action, digest, issuedAt, freshUntil, signers, note } = entry;
  return [
    isCurrent ? '*' : ' ',
    String(sequence).padStart(5),
    action.padEnd(8),
    digest,
    issuedAt,
    `until ${freshUntil ?? 'replaced'}`,
    `by ${signers} of the authorities`,
    ...(note === undefined ? [] : [JSON.stringify(note)]),
  ].join('  ');
}
