// sealift pull: a verified artifact's files into a directory, which is exchanged as a whole.
import { InputError } from '../errors.ts';
import { pull } from '../operations/pull.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { parseLocation, requireWanted } from './location.ts';
import { printResult } from './output.ts';
import { registryOptions } from './registries.ts';
import { openSource } from './stores.ts';
import {
  namesAuthorities,
  readVerification,
  tellVerification,
  verificationOptions,
  type VerificationValues,
  type Verify,
} from './verification.ts';
import type { World } from './world.ts';

export async function runPull(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    unverified: { type: 'boolean', default: false },
    replace: { type: 'boolean', default: false },
    ...verificationOptions,
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const [text, directory] = takePositionals(positionals, 'LOCATION', 'DIR');
  const location = parseLocation(text);
  const wanted = requireWanted(location);
  const verify = values.unverified
    ? refuseBoth(values)
    : await readVerification(values, location, { verb: 'pull', world });
  const { source, close } = await openSource(location, values, world);
  try {
    const verification = await verify?.(source);
    if (verification === undefined) world.stderr('not verified, as asked\n');
    else tellVerification(verification, world);
    // The digest that was verified, not what the tag shows by now.
    const manifest = await source.resolve(verification?.digest ?? wanted, world.signal);
    const pulled = await pull(
      { source, manifest, directory, replace: values.replace },
      { signal: world.signal },
    );
    const { digest } = manifest.descriptor;
    world.stderr(`unpacked ${pulled.files} files into ${directory}\n`);
    printResult(world, format, {
      line: digest,
      data: {
        digest,
        directory,
        ...pulled,
        verified: verification?.isVerified ?? false,
        matched: verification?.matched ?? [],
      },
    });
  } finally {
    await close();
  }
}

/** @throws InputError `INPUT_CONFLICT` */
function refuseBoth(values: VerificationValues): Verify | undefined {
  if (!namesAuthorities(values)) return undefined;
  throw new InputError('INPUT_CONFLICT', '--unverified and options that say whose signatures count');
}
