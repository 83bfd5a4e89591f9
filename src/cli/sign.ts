// sealift sign: signs what is in the registry already, and attests what a policy may ask for; what is there is left.
import { InputError } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import { parseReference } from '../oci/reference.ts';
import { signArtifact, type Attestation } from '../operations/sign.ts';
import { outputOptions, parseFormat, parseVerb, readText, takePositionals } from './arguments.ts';
import { printResult } from './output.ts';
import { formatOptions, formatSigned, parseFormats, readSigner, signingOptions } from './signing-options.ts';
import { connect, registryOptions } from './registries.ts';
import type { World } from './world.ts';

export async function runSign(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    attest: { type: 'string', multiple: true, default: [] },
    ...signingOptions,
    ...formatOptions,
    ...registryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const reference = parseReference(takePositionals(positionals, 'REFERENCE')[0]);
  const wanted = reference.digest ?? reference.tag;
  if (wanted === undefined) {
    throw new InputError('INPUT_INVALID', 'sign needs a reference with a tag or digest');
  }
  const attestations = await Promise.all(values.attest.map(readAttestation));
  const signer = await readSigner(values, world);
  const formats = parseFormats(values['signature-format'], signer);
  const repository = `${reference.registry}/${reference.repository}`;
  const { store, close } = await connect(reference, values, world);
  try {
    const { digest, signed } = await signArtifact(
      store,
      wanted,
      { signer, formats, repository, attestations },
      { now: world.now, log: (line) => world.stderr(`${line}\n`), signal: world.signal },
    );
    const isChanged = signed.some(({ isNew }) => isNew);
    if (!isChanged) world.stderr('nothing has changed\n');
    printResult(world, format, {
      line: digest,
      data: {
        digest,
        reference: `${repository}@${digest}`,
        changed: isChanged,
        signed: signed.map(formatSigned),
      },
    });
  } finally {
    close();
  }
}

/** `TYPE=FILE`: the type is a URI, the file its predicate. */
async function readAttestation(text: string): Promise<Attestation> {
  const at = text.indexOf('=');
  if (at <= 0) throw new InputError('INPUT_INVALID', '--attest is not TYPE=FILE');
  const path = text.slice(at + 1);
  let predicate: unknown;
  try {
    predicate = JSON.parse(await readText(path, signingLimits.predicateBytes));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('INPUT_INVALID', `${path} is not JSON`, { cause });
  }
  if (typeof predicate !== 'object' || predicate === null || Array.isArray(predicate)) {
    throw new InputError('INPUT_INVALID', `${path} holds no JSON object`);
  }
  return { predicateType: text.slice(0, at), predicate };
}
