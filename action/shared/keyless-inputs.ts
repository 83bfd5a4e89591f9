// Inputs of keyless signing: which services certify, log and timestamp, whether their being public is wanted, and whether
// this job may have an identity at all. Nothing is asked of anybody here.
import { resolve } from 'node:path';
import { InputError, SigningError } from '../../src/errors.ts';
import { signingLimits } from '../../src/limits.ts';
import type { TokenEndpoint } from '../../src/signing/keyless/identity-token.ts';
import {
  isPublicService,
  parseServiceUrl,
  parseTimestampUrl,
  publicServiceOf,
  publicServices,
  type SigningServices,
} from '../../src/signing/keyless/services.ts';
import { parseTrustRoot, type TrustRoot } from '../../src/signing/trust-root.ts';
import type { RunContext } from './context.ts';
import { readVisibility } from './event.ts';
import type { Problems } from './problems.ts';
import type { Taken } from './read-all.ts';
import type { SigningValues } from './signing-inputs.ts';
import { readText } from './workspace.ts';

/** What a keyless signer is made of. */
export type KeylessSigning = {
  readonly way: 'keyless';
  readonly services: SigningServices;
  readonly root: TrustRoot | undefined;
  readonly tokenEndpoint: TokenEndpoint;
};

/**
 * A service's URL; empty where it is not given.
 * @throws InputError `INPUT_INVALID`
 */
export function parseService(value: string): string {
  return value === '' ? '' : parseServiceUrl(value, 'it');
}

/**
 * A log's URL, or `none`; empty where it is not given.
 * @throws InputError `INPUT_INVALID`
 */
export function parseLogUrl(value: string): string {
  return value === 'none' ? value : parseService(value);
}

/** @throws InputError `INPUT_INVALID` */
export function parseTimestampLine(value: string): string {
  return parseTimestampUrl(value, JSON.stringify(value));
}

/** All that is wrong is told, not the first problem alone. */
export async function readKeyless(
  values: Taken<SigningValues>,
  context: RunContext,
  problems: Problems,
): Promise<KeylessSigning | undefined> {
  const { tokenEndpoint } = context;
  if (tokenEndpoint === undefined) problems.add(noIdentity());
  const services = servicesOf(values, problems);
  const file = values['trusted-root'] ?? '';
  const root =
    file === ''
      ? undefined
      : await problems.attempt('trusted-root', async () =>
          parseTrustRoot(await readText(resolve(context.workspace, file), signingLimits.trustRootBytes)),
        );
  if (services === undefined) return undefined;
  if (file === '' && !isPublicService(services.fulcioUrl)) {
    problems.add(
      new InputError('INPUT_MISSING', 'trusted-root: is missing', {
        hint: 'Give the trusted_root.json of the instance: without it nothing could be verified before it is tagged.',
      }),
    );
  }
  if (values['allow-public-log'] === false) {
    await problems.attempt('allow-public-log', () => assertPublicity(services, context));
  }
  return tokenEndpoint === undefined ? undefined : { way: 'keyless', services, root, tokenEndpoint };
}

function noIdentity(): SigningError {
  return new SigningError(
    'IDENTITY_TOKEN_UNAVAILABLE',
    'sign: this job may have no identity token, since ACTIONS_ID_TOKEN_REQUEST_URL is not set',
    {
      hint:
        'Give the job `permissions: id-token: write`. A run for a pull request from a fork never gets it: publish on ' +
        'push or for tags. To sign with a key instead, set signing-key.',
    },
  );
}

type Given = {
  readonly fulcioUrl: string;
  readonly log: string;
  readonly version: 1 | 2;
  readonly timestampUrls: readonly string[];
};

/** The public instance, or one's own; never a silent mixture of both. Undefined where an input has a problem. */
function servicesOf(values: Taken<SigningValues>, problems: Problems): SigningServices | undefined {
  const {
    'fulcio-url': fulcioUrl,
    'rekor-url': log,
    'rekor-version': version,
    'timestamp-url': timestampUrls,
  } = values;
  if (fulcioUrl === undefined || log === undefined || version === undefined || timestampUrls === undefined) {
    return undefined;
  }
  const given = { fulcioUrl, log, version, timestampUrls };
  return fulcioUrl === '' ? withPublicServices(given) : ownServices(given, problems);
}

/** What is not given is the public instance's. */
function withPublicServices({ log, version, timestampUrls }: Given): SigningServices {
  return {
    fulcioUrl: publicServices.fulcioUrl,
    logs: log === '' ? publicServices.logs : logsOf(log, version),
    timestampUrls: timestampUrls.length === 0 ? publicServices.timestampUrls : timestampUrls,
  };
}

function ownServices({ fulcioUrl, log, version, timestampUrls }: Given, problems: Problems): SigningServices {
  const logs = logsOf(log, version);
  if (log === '') {
    problems.add(
      new InputError('INPUT_MISSING', 'rekor-url: is missing beside fulcio-url', {
        hint: "Give your instance's log, or none: no other log is written to by itself.",
      }),
    );
  }
  if (timestampUrls.length === 0 && !logs.some((one) => one.version === 1)) {
    problems.add(
      new InputError('INPUT_MISSING', 'timestamp-url: is missing beside fulcio-url', {
        hint: 'Certificates last minutes, and only a timestamp (or Rekor v1) shows when they were used.',
      }),
    );
  }
  return { fulcioUrl, logs, timestampUrls };
}

function logsOf(log: string, version: 1 | 2): SigningServices['logs'] {
  return log === '' || log === 'none' ? [] : [{ url: log, version }];
}

/**
 * The public instance publishes the names of repository and workflow for ever: a repository that not everybody may see
 * must not be named there by a default ("private repository in a public log").
 * @throws SigningError `PUBLIC_LOG_REFUSED`
 */
async function assertPublicity(services: SigningServices, context: RunContext): Promise<void> {
  const found = publicServiceOf(services);
  if (found === undefined) return;
  const visibility = await readVisibility(context);
  if (visibility === 'public') return;
  const what =
    visibility === 'unknown'
      ? 'whether the repository is public is not known'
      : `the repository is ${visibility}`;
  throw new SigningError(
    'PUBLIC_LOG_REFUSED',
    `${new URL(found).host} belongs to the public Sigstore, and ${what}`,
    {
      hint:
        'The names of repository and workflow would be public for ever. Where that is wanted, set it to true; else ' +
        'name services of your own with fulcio-url, rekor-url and timestamp-url, or sign with a key.',
    },
  );
}
