// Inputs that all actions have: where an artifact is, how its registry is reached, and for how long.
import { resolve } from 'node:path';
import * as z from 'zod';
import { durationSchema, parseDurationMs } from '../../src/api/common.ts';
import { InputError, type ErrorOptions } from '../../src/errors.ts';
import { actionLimits, httpLimits } from '../../src/limits.ts';
import { parseDigest } from '../../src/oci/digest.ts';
import { parseReference, parseTag, type Reference } from '../../src/oci/reference.ts';
import { passwordCredential, type Credential } from '../../src/registry/credentials/credential.ts';
import type { RunContext } from './context.ts';
import { flag, parsed, text } from './fields.ts';
import type { Host } from './host.ts';
import type { Problems } from './problems.ts';
import type { Taken } from './read-all.ts';
import { readText } from './workspace.ts';

/** The members of all schemas that say how the registry is reached. */
export const registryFields = {
  'registry-username': text.max(actionLimits.credentialLength, 'is too long'),
  'registry-password': z.string().max(actionLimits.credentialLength, 'is too long'),
  'ca-file': text,
  'plain-http': flag,
  timeout: parsed(text, parseTimeout),
  retries: parsed(text, parseRetries),
};

const registrySchema = z.object(registryFields);

type RegistryValues = z.infer<typeof registrySchema>;

/** How the registry is reached. */
export type RegistryAccess = {
  /** For the registry of the repository alone; undefined where files and helpers are asked. */
  readonly credential: Credential | undefined;
  /** PEM. */
  readonly ca: string | undefined;
  readonly plainHttp: boolean;
  /** For the whole action. */
  readonly timeoutMs: number;
  /** Of one request, the first one included. */
  readonly tries: number;
};

/** The runner masks by text, and a header has user and password in another one. */
export function maskRegistrySecrets(host: Host): void {
  const password = passwordOf(host.input('registry-password'));
  host.mask(password);
  if (password === '') return;
  const user = host.input('registry-username').trim();
  host.mask(Buffer.from(`${user}:${password}`).toString('base64'));
}

/** How the registry is reached, as the inputs say it; undefined where one of them has a problem. */
export async function readRegistry(
  values: Taken<RegistryValues>,
  context: RunContext,
  problems: Problems,
): Promise<RegistryAccess | undefined> {
  const ca = await readCa(values, context, problems);
  const credential = await readCredential(values, problems);
  const { timeout: timeoutMs, retries, 'plain-http': plainHttp } = values;
  if (timeoutMs === undefined || retries === undefined || plainHttp === undefined) return undefined;
  return { credential, ca, plainHttp, timeoutMs, tries: retries + 1 };
}

async function readCredential(
  { 'registry-username': user = '', 'registry-password': given = '' }: Taken<RegistryValues>,
  problems: Problems,
): Promise<Credential | undefined> {
  const password = passwordOf(given);
  if (user === '' && password === '') return undefined;
  if (user === '' || password === '') {
    const [missing, other] = user === '' ? ['username', 'password'] : ['password', 'username'];
    problems.add(
      new InputError('INPUT_MISSING', `registry-${missing}: is missing beside registry-${other}`, {
        hint: 'Give both, or neither: then files and helpers of docker and containers are asked.',
      }),
    );
    return undefined;
  }
  return problems.attempt('registry-username', () => passwordCredential(user, password));
}

/** A secret that was read from a file ends with its line. */
function passwordOf(value: string): string {
  return value.replace(/\r?\n$/u, '');
}

/** @throws InputError `INPUT_INVALID` */
function parseTimeout(value: string): number {
  const { minTimeoutMs, maxTimeoutMs } = actionLimits;
  const ms = durationSchema.safeParse(value).success ? parseDurationMs(value) : 0;
  if (ms >= minTimeoutMs && ms <= maxTimeoutMs) return ms;
  throw new InputError('INPUT_INVALID', `${JSON.stringify(value)} is no duration from 1s to 24h, such as 5m`);
}

/** @throws InputError `INPUT_INVALID` */
function parseRetries(value: string): number {
  const count = /^\d{1,3}$/u.test(value) ? Number(value) : Number.NaN;
  if (count <= actionLimits.retries) return count;
  throw new InputError(
    'INPUT_INVALID',
    `${JSON.stringify(value)} is no number from 0 to ${actionLimits.retries}`,
  );
}

/** A repository without tag and digest. */
export function parseRepository(value: string): Pick<Reference, 'registry' | 'repository'> {
  const { registry, repository, tag, digest } = parseReference(value);
  if (tag === undefined && digest === undefined) return { registry, repository };
  throw new InputError('INPUT_INVALID', `${JSON.stringify(value)} has a tag or digest`, {
    hint: 'Give oci://HOST/PATH alone.',
  });
}

/** A tag or a digest. */
export function parseVersion(value: string): string {
  return value.includes(':') ? parseDigest(value) : parseTag(value);
}

/** An issue of one input's schema, as a problem that names the input. */
export function toInputError(issue: z.core.$ZodIssue, name: string): InputError {
  const hint: unknown = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
  const code = issue.message === 'is missing' ? 'INPUT_MISSING' : 'INPUT_INVALID';
  const options: ErrorOptions = typeof hint === 'string' ? { hint } : {};
  return new InputError(code, `${name}: ${issue.message}`, options);
}

/** The text of `ca-file`, where one is given. */
async function readCa(
  values: Taken<{ readonly 'ca-file': string; readonly 'plain-http': boolean }>,
  { workspace }: RunContext,
  problems: Problems,
): Promise<string | undefined> {
  const { 'ca-file': file = '' } = values;
  if (file === '') return undefined;
  if (values['plain-http'] === true) {
    problems.add(
      new InputError('INPUT_CONFLICT', 'ca-file: has no use with plain-http', {
        hint: 'Leave out one of the two.',
      }),
    );
  }
  return problems.attempt('ca-file', () => readText(resolve(workspace, file), httpLimits.caBytes));
}
