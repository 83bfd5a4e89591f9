// sealift serve: the embedded registry, until it is interrupted.
import { once } from 'node:events';
import { InputError } from '../errors.ts';
import { startRegistry, type Registry, type RegistryOptions } from '../server/registry.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { printResult } from './output.ts';
import type { World } from './world.ts';

export async function runServe(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    listen: { type: 'string', default: '127.0.0.1:5000' },
    'read-only': { type: 'boolean', default: false },
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const [directory] = takePositionals(positionals, 'DIR');
  const { host, port } = parseListen(values.listen);
  const registry = await start({ directory, host, port, readOnly: values['read-only'] });
  printResult(world, format, { line: registry.host, data: { address: registry.host } });
  world.stderr(
    `serving ${directory} at ${registry.url}${values['read-only'] ? ', read-only' : ''}; Ctrl-C ends it\n`,
  );
  if (!world.signal.aborted) await once(world.signal, 'abort');
  await registry.close();
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
    if (!(cause instanceof Error) || !('code' in cause)) throw cause;
    throw new InputError('INPUT_INVALID', `registry can not be started: ${cause.message}`, { cause });
  }
}
