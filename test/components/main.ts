// `node test/components/main.ts [names…]` prepares components (default: all) and prints where each one is.
import { errorMessageOf, SealiftError } from '../../src/errors.ts';
import { componentNames, isComponentName } from './components.ts';
import { requireComponents } from './locate.ts';

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.filter((name) => !isComponentName(name));
  if (unknown.length > 0) {
    process.stderr.write(
      `unknown component: ${unknown.join(', ')}; there are ${componentNames.join(', ')}\n`,
    );
    return 2;
  }
  const names = args.length === 0 ? componentNames : args.filter(isComponentName);
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => abort.abort(new Error(`stopped by ${name}`)));
  }
  try {
    const paths = await requireComponents(names, { signal: abort.signal });
    for (const name of names) process.stdout.write(`${name} ${paths[name]}\n`);
    return 0;
  } catch (error) {
    const text =
      error instanceof SealiftError ? `${error.message}\n${error.hint ?? ''}` : errorMessageOf(error);
    process.stderr.write(`${text.trimEnd()}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
