// sealift hold: keeps an operator's emergency change of one object from being corrected, for a time and with a reason.
import { durationSchema, parseDurationMs } from '../api/common.ts';
import { errorMessageOf, InputError } from '../errors.ts';
import { longestDurationMs } from '../limits.ts';
import { holdObject, listHolds, releaseObject, type PlacedHold } from '../operations/hold.ts';
import { outputOptions, parseFormat, parseVerb, requireOption, takePositionals } from './arguments.ts';
import { clusterOptions, withCluster } from './cluster.ts';
import { printResult } from './output.ts';
import type { World } from './world.ts';

const options = {
  for: { type: 'string' },
  reason: { type: 'string' },
  list: { type: 'boolean', default: false },
  release: { type: 'boolean', default: false },
  namespace: { type: 'string', short: 'n' },
  ...clusterOptions,
  ...outputOptions,
} as const;

type Values = ReturnType<typeof parseVerb<typeof options>>['values'];

const reasonLength = 256;

export async function runHold(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, options);
  const format = parseFormat(values.output);
  assertOneUse(values);
  if (values.list) {
    takePositionals(positionals);
    const holds = await withCluster(values, world, listHolds);
    if (format === 'json') world.stdout(`${JSON.stringify({ holds: holds.map(toJson) })}\n`);
    else for (const one of holds) world.stdout(`${formatHold(one)}\n`);
    return;
  }
  const [text] = takePositionals(positionals, 'KIND/NAME');
  if (values.release) {
    const released = await withCluster(values, world, (client, namespace) =>
      releaseObject(client, { text, namespace }),
    );
    printResult(world, format, { line: `released ${formatHold(released)}`, data: toJson(released) });
    return;
  }
  const until = parseUntil(requireOption(values.for, 'for'), world);
  const reason = parseReason(requireOption(values.reason, 'reason'));
  const held = await withCluster(values, world, (client, namespace) =>
    holdObject(client, { text, namespace }, { until, reason, nowMs: world.now() }),
  );
  if (held.isUnproven) {
    world.stderr(
      `Delivery ${held.delivery} lists no more than a part of its objects: that it keeps this one is told by the object's annotation alone; if it does not, its Event HoldUnmatched says so\n`,
    );
  }
  world.stderr('drift of it is shown and not corrected; policy may end the hold sooner (maxHold)\n');
  printResult(world, format, { line: formatHold(held), data: toJson(held) });
}

function assertOneUse({ list, release, for: time, reason }: Values): void {
  const isOther = list || release;
  if (!(list && release) && !(isOther && (time !== undefined || reason !== undefined))) return;
  throw new InputError('INPUT_CONFLICT', '--list, --release and --for with --reason are three uses of hold');
}

/** Times of the Kubernetes API have whole seconds. */
function parseUntil(text: string, world: World): string {
  const ms = durationSchema.safeParse(text).success ? parseDurationMs(text) : 0;
  if (ms >= 1000 && ms <= longestDurationMs)
    return new Date(world.now() + ms).toISOString().replace(/\.\d+Z$/u, 'Z');
  throw new InputError('INPUT_INVALID', `--for is ${JSON.stringify(text)}, not a time such as 30m or 2h`);
}

function parseReason(text: string): string {
  const reason = errorMessageOf(text, reasonLength + 1);
  if (reason !== '' && reason.length <= reasonLength) return reason;
  throw new InputError('INPUT_INVALID', `--reason has ${text.length} characters, not 1 to ${reasonLength}`);
}

function formatHold({ delivery, hold }: PlacedHold): string {
  const { apiVersion = '', kind, namespace, name } = hold.target;
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  const object = `${kind}${group} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  return `${object} until ${hold.until} by delivery/${delivery}: ${hold.reason}`;
}

function toJson({ delivery, hold }: PlacedHold): object {
  return { delivery, ...hold };
}
