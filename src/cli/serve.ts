// sealift serve: the embedded registry, until it is interrupted.
import { once } from 'node:events';
import type { ParseArgsOptionsConfig } from 'node:util';
import { errorMessageOf, InputError } from '../errors.ts';
import { garbageLimits } from '../limits.ts';
import { startRegistry, type Registry, type RegistryOptions } from '../server/registry.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { parseDuration, parseMinAge } from './gc.ts';
import { createFailureLog } from './failure-log.ts';
import { printResult } from './output.ts';
import type { World } from './world.ts';

const serveOptions = {
  listen: { type: 'string', default: '127.0.0.1:5000' },
  'read-only': { type: 'boolean', default: false },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  htpasswd: { type: 'string' },
  'anonymous-pull': { type: 'boolean', default: false },
  'plain-http': { type: 'boolean', default: false },
  'gc-interval': { type: 'string' },
  'min-age': { type: 'string' },
  ...outputOptions,
} as const satisfies ParseArgsOptionsConfig;

type ServeValues = ReturnType<typeof parseVerb<typeof serveOptions>>['values'];

export async function runServe(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, serveOptions);
  const format = parseFormat(values.output);
  const [directory] = takePositionals(positionals, 'DIR');
  const failures = createFailureLog(world);
  const registry = await start({
    directory,
    readOnly: values['read-only'],
    ...parseListen(values.listen),
    ...parseProtection(values),
    ...parseGarbage(values, world),
    log: failures.log,
    onProblem: (error) => world.stderr(`warning: ${errorMessageOf(error)}\n`),
  });
  printResult(world, format, { line: registry.host, data: { address: registry.host } });
  world.stderr(
    `serving ${directory} at ${registry.url}${values['read-only'] ? ', read-only' : ''}; Ctrl-C ends it\n`,
  );
  if (!world.signal.aborted) await once(world.signal, 'abort');
  await registry.close();
  failures.end();
}

/** Certificate and accounts. */
function parseProtection(values: ServeValues): Pick<RegistryOptions, 'tls' | 'accounts' | 'allowPlainLogin'> {
  const { 'tls-cert': cert, 'tls-key': key, htpasswd, 'anonymous-pull': anonymousPull } = values;
  if ((cert === undefined) !== (key === undefined)) {
    throw new InputError('INPUT_MISSING', `--${cert === undefined ? 'tls-cert' : 'tls-key'} is missing`);
  }
  if (anonymousPull && htpasswd === undefined) {
    throw new InputError('INPUT_MISSING', '--anonymous-pull needs --htpasswd');
  }
  return {
    ...(cert === undefined || key === undefined ? {} : { tls: { cert, key } }),
    ...(htpasswd === undefined ? {} : { accounts: { htpasswd, anonymousPull } }),
    allowPlainLogin: values['plain-http'],
  };
}

function parseGarbage(values: ServeValues, { now }: World): Pick<RegistryOptions, 'garbage'> {
  const { 'gc-interval': interval, 'min-age': minAge } = values;
  if (interval === undefined) {
    if (minAge === undefined) return {};
    throw new InputError('INPUT_MISSING', '--min-age needs --gc-interval');
  }
  const intervalMs = parseDuration(interval, 'gc-interval');
  if (intervalMs < garbageLimits.minIntervalMs) {
    throw new InputError('INPUT_INVALID', '--gc-interval is shorter than a minute');
  }
  return { garbage: { intervalMs, minAgeMs: parseMinAge(minAge), now } };
}

function parseListen(text: string): { readonly host: string; readonly port: number } {
  const parts = /^(?:\[(?<v6>[0-9a-fA-F:]+)\]|(?<host>[^:\s]+)):(?<port>\d{1,5})$/u.exec(text)?.groups;
  const port = Number(parts?.['port']);
  const host = parts?.['v6'] ?? parts?.['host'];
  if (host === undefined || port > 65_535) {
    throw new InputError('INPUT_INVALID', `--listen is ${JSON.stringify(text)}, not HOST:PORT`);
  }
  return { host, port };
}

/** What the system says of a port or a folder is about the user's input. */
async function start(options: RegistryOptions): Promise<Registry> {
  try {
    return await startRegistry(options);
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
    throw new InputError('INPUT_INVALID', `registry can not be started: ${cause.message}`, { cause });
  }
}
