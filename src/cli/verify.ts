// sealift verify: whether a reference is signed by one of the keys.
import { parseReference } from '../oci/reference.ts';
import { verifyArtifact } from '../operations/verify.ts';
import {
  connect,
  outputOptions,
  parseFormat,
  parseVerb,
  readVerifyKeys,
  registryOptions,
  takePositionals,
} from './arguments.ts';
import { printResult } from './output.ts';
import type { World } from './world.ts';

export async function runVerify(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    'verify-key': { type: 'string', multiple: true, default: [] },
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const reference = parseReference(takePositionals(positionals, 'REFERENCE')[0]);
  const keys = await readVerifyKeys(values['verify-key'], world);
  const { store, close } = await connect(reference, values, world);
  try {
    const { digest, matched } = await verifyArtifact(store, {
      reference: reference.digest ?? reference.tag ?? 'latest',
      keys,
      signal: world.signal,
    });
    world.stderr(`signed by ${matched.join(', ')}\n`);
    printResult(world, format, { line: digest, data: { verified: true, digest, matched } });
  } finally {
    close();
  }
}
