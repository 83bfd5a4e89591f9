// Inputs that say who signs, which publish and promote share: a key that comes as text from a secret, or the identity of
// the workflow. What is secret is masked before anything else is read.
import * as z from 'zod';
import { InputError, SigningError } from '../../src/errors.ts';
import { parseSigningKey } from '../../src/signing/keys.ts';
import type { KeySigner } from '../../src/signing/signer.ts';
import type { RunContext } from './context.ts';
import { flag, parsed, parsedLines, text } from './fields.ts';
import type { Host } from './host.ts';
import {
  parseLogUrl,
  parseService,
  parseTimestampLine,
  readKeyless,
  type KeylessSigning,
} from './keyless-inputs.ts';
import type { Problems } from './problems.ts';
import type { Taken } from './read-all.ts';

/** Who signs. */
export type SomeSigning = KeylessSigning | { readonly way: 'key'; readonly signer: KeySigner };

/** The same, or nobody. */
export type Signing = SomeSigning | { readonly way: 'none' };

const ways = text.pipe(z.enum(['', 'keyless', 'key'], 'is neither keyless nor key'));

/** The members of both schemas. */
export const signingFields = {
  /** Empty is the key that is given, else keyless. */
  sign: ways,
  'signing-key': text,
  'signing-key-password': z.string(),
  'fulcio-url': parsed(text, parseService),
  'rekor-url': parsed(text, parseLogUrl),
  'rekor-version': z
    .enum(['1', '2'], 'is neither 1 nor 2')
    .transform((value): 1 | 2 => (value === '1' ? 1 : 2)),
  'timestamp-url': parsedLines(parseTimestampLine),
  'trusted-root': text,
  'allow-public-log': flag,
};

/** The same for who may publish what nobody signs. */
export const optionalSigningFields = {
  ...signingFields,
  sign: text.pipe(z.enum([...ways.out.options, 'none'], 'is neither keyless nor key nor none')),
};

const signingSchema = z.object(optionalSigningFields);

export type SigningValues = z.infer<typeof signingSchema>;

/** The runner masks by text: logs have keys line by line. */
export function maskSigningSecrets(host: Host, { tokenEndpoint }: RunContext): void {
  const key = host.input('signing-key');
  host.mask(key.trim());
  for (const line of key.split(/\r?\n|\\n/u).map((part) => part.trim())) {
    if (line.length >= 8 && !line.startsWith('-----')) host.mask(line);
  }
  host.mask(host.input('signing-key-password'));
  host.mask(tokenEndpoint?.token ?? '');
}

/**
 * Who signs, as the inputs say it; undefined where one of them has a problem.
 * @param isDryRun nothing is signed: neither key nor identity has to be there
 */
export async function readSigning(
  values: Taken<SigningValues>,
  context: RunContext,
  { problems, isDryRun = false }: { readonly problems: Problems; readonly isDryRun?: boolean },
): Promise<Signing | undefined> {
  const way = wayOf(values);
  if (way === undefined) return undefined;
  refuseStrays(values, way, problems);
  const key = values['signing-key'] ?? '';
  if (key !== '') {
    const password = values['signing-key-password'] ?? '';
    const signer = await problems.attempt('signing-key', () => parseKeyInput(key, password));
    return signer === undefined ? undefined : { way: 'key', signer };
  }
  if (isDryRun || way === 'none') return { way: 'none' };
  return way === 'key' ? missingKey(problems) : readKeyless(values, context, problems);
}

/** A key that is given is meant. */
function wayOf({ sign, ...values }: Taken<SigningValues>): 'keyless' | 'key' | 'none' | undefined {
  if (sign !== '') return sign;
  // A password alone is what a misspelt secret of the key leaves.
  return values['signing-key'] === '' && values['signing-key-password'] === '' ? 'keyless' : 'key';
}

function missingKey(problems: Problems): undefined {
  problems.add(
    new InputError('INPUT_MISSING', 'signing-key: is missing', {
      hint: 'Give the secret that holds the key; runs for forks and for Dependabot see no secrets of the repository.',
    }),
  );
}

/** Inputs that the way to sign has no use for: who gives them expects another. */
function refuseStrays(
  values: Taken<SigningValues>,
  way: 'keyless' | 'key' | 'none',
  problems: Problems,
): void {
  const isGiven = (name: keyof SigningValues): boolean => {
    const value = values[name];
    return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
  };
  const ofKey = ['signing-key', 'signing-key-password'] as const;
  const ofKeyless = ['fulcio-url', 'rekor-url', 'timestamp-url'] as const;
  const strays = [
    ...(way === 'key' ? [] : ofKey.filter(isGiven)),
    ...(way === 'keyless' ? [] : ofKeyless.filter(isGiven)),
    ...(way === 'keyless' || values['allow-public-log'] !== true ? [] : ['allow-public-log']),
  ];
  for (const name of strays) {
    const message = `${name}: has no use where ${way === 'none' ? 'nothing is signed' : `sign is ${way}`}`;
    problems.add(
      new InputError('INPUT_CONFLICT', message, { hint: 'Leave it out, or say another way to sign.' }),
    );
  }
}

/** The signer; hints name the action's inputs, not the command's variables. */
async function parseKeyInput(key: string, password: string): Promise<KeySigner> {
  try {
    return await parseSigningKey(key, password);
  } catch (error) {
    if (!(error instanceof SigningError) || error.code !== 'KEY_PASSWORD_WRONG') throw error;
    throw new SigningError(error.code, error.message, {
      hint: 'Set signing-key-password to the password that the key was made with.',
    });
  }
}
