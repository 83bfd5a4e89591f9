// Which services sign along: by URL, or chosen from a signing configuration as its specification says
// (sigstore_trustroot.proto, v0.2). The public instance is refused unless it is allowed: what it logs is public.
import * as z from 'zod';
import { InputError, SigningError } from '../../errors.ts';
import { signingLimits } from '../../limits.ts';

export type LogService = { readonly url: string; readonly version: 1 | 2 };

export type SigningServices = {
  /** Base URL of the certificate authority. */
  readonly fulcioUrl: string;
  /** Base URLs of the logs that each signature is written to. */
  readonly logs: readonly LogService[];
  /** Full URLs of the timestamp authorities, each of which is asked. */
  readonly timestampUrls: readonly string[];
};

/** The public instance, by names that stay: its logs of version 2 are replaced each year, and have the year as a name. */
export const publicServices = {
  fulcioUrl: 'https://fulcio.sigstore.dev/',
  logs: [{ url: 'https://rekor.sigstore.dev/', version: 1 }],
  timestampUrls: ['https://timestamp.sigstore.dev/api/v1/timestamp'],
} as const satisfies SigningServices;

/** The URL of an API below a base URL, which may have a path. */
export function endpoint(base: string, path: string): URL {
  return new URL(path, base.endsWith('/') ? base : `${base}/`);
}

/**
 * A service's URL; its credentials would end up in messages and its query in every call.
 * @throws InputError `INPUT_INVALID`
 */
export function parseServiceUrl(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && /^https?:$/u.test(url.protocol) && url.username === '' && url.password === '';
  if (url !== undefined && isPlain && url.search === '' && url.hash === '') {
    // Tokens and signatures go there: in clear only where nobody is in between.
    if (url.protocol === 'https:' || isLoopback(url.hostname)) return url.href;
    throw new InputError(
      'INPUT_INVALID',
      `${name} is an http URL, which is taken for loopback addresses only`,
    );
  }
  throw new InputError('INPUT_INVALID', `${name} is no http or https URL without credentials and query`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/u.test(host);
}

/** A timestamp authority's URL; a host alone means Sigstore's own path. */
export function parseTimestampUrl(text: string, name: string): string {
  const url = new URL(parseServiceUrl(text, name));
  return url.pathname === '/' ? endpoint(url.href, 'api/v1/timestamp').href : url.href;
}

const serviceSchema = z.object({
  url: z.string().max(2048),
  majorApiVersion: z.int().min(0),
  validFor: z.object({ start: z.string().max(64), end: z.string().max(64).optional() }).optional(),
  operator: z.string().max(512).default(''),
});

type Service = z.infer<typeof serviceSchema>;

const servicesSchema = z.array(serviceSchema).max(signingLimits.signingServices).default([]);

const selectionSchema = z
  .object({
    selector: z.enum(['SERVICE_SELECTOR_UNDEFINED', 'ALL', 'ANY', 'EXACT']).optional(),
    count: z.int().min(0).optional(),
  })
  .default({});

type Selection = z.infer<typeof selectionSchema>;

const configSchema = z.object({
  mediaType: z.literal('application/vnd.dev.sigstore.signingconfig.v0.2+json'),
  caUrls: servicesSchema,
  rekorTlogUrls: servicesSchema,
  rekorTlogConfig: selectionSchema,
  tsaUrls: servicesSchema,
  tsaConfig: selectionSchema,
});

/**
 * The services of a signing configuration that are to be used now.
 * @param text JSON of version 0.2
 * @throws InputError `INPUT_INVALID`
 */
export function parseSigningConfig(text: string, nowMs: number): SigningServices {
  if (text.length > signingLimits.signingConfigBytes) {
    throw invalid(`has ${text.length} characters, more than ${signingLimits.signingConfigBytes}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid('is not JSON');
  }
  const result = configSchema.safeParse(json);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw invalid(`is not valid: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const { caUrls, rekorTlogUrls, rekorTlogConfig, tsaUrls, tsaConfig } = result.data;
  const authority = candidatesOf(caUrls, [1], nowMs)[0];
  if (authority === undefined)
    throw invalid('names no certificate authority of API version 1 that is valid now');
  const logs = select('transparency logs', { services: rekorTlogUrls, ...rekorTlogConfig }, [1, 2], nowMs);
  const timestamps = select('timestamp authorities', { services: tsaUrls, ...tsaConfig }, [1], nowMs);
  return {
    fulcioUrl: parseServiceUrl(authority.url, 'signing configuration: caUrls'),
    logs: logs.map(({ url, majorApiVersion }) => ({
      url: parseServiceUrl(url, 'signing configuration: rekorTlogUrls'),
      version: majorApiVersion === 2 ? 2 : 1,
    })),
    timestampUrls: timestamps.map(({ url }) => parseTimestampUrl(url, 'signing configuration: tsaUrls')),
  };
}

/** Services that are valid now, of the highest version that there is; the newest first. */
function candidatesOf(
  services: readonly Service[],
  versions: readonly number[],
  nowMs: number,
): readonly Service[] {
  const valid = services.filter(
    ({ majorApiVersion, validFor }) => versions.includes(majorApiVersion) && isWithin(validFor, nowMs),
  );
  const highest = Math.max(...valid.map(({ majorApiVersion }) => majorApiVersion));
  return valid
    .filter(({ majorApiVersion }) => majorApiVersion === highest)
    .toSorted((a, b) => startOf(b) - startOf(a));
}

function isWithin(range: Service['validFor'], nowMs: number): boolean {
  if (range === undefined) return true;
  const isOver = range.end !== undefined && !(nowMs <= Date.parse(range.end));
  return Date.parse(range.start) <= nowMs && !isOver;
}

function startOf({ validFor }: Service): number {
  return validFor === undefined ? 0 : Date.parse(validFor.start);
}

/** As many services as the configuration asks for, each of another operator. */
function select(
  what: string,
  { services, selector, count = 0 }: Selection & { readonly services: readonly Service[] },
  versions: readonly number[],
  nowMs: number,
): readonly Service[] {
  if (services.length === 0) return [];
  const byOperator = new Map<string, Service>();
  for (const service of candidatesOf(services, versions, nowMs)) {
    if (!byOperator.has(service.operator)) byOperator.set(service.operator, service);
  }
  const found = [...byOperator.values()];
  switch (selector) {
    case 'ALL':
      if (found.length > 0) return found;
      throw invalid(`names no ${what} that are known here and valid now`);
    case 'ANY':
    case 'EXACT': {
      const wanted = selector === 'ANY' ? 1 : count;
      if (wanted > 0 && found.length >= wanted) return found.slice(0, wanted);
      throw invalid(
        `asks for ${wanted} ${what}, and names ${found.length} that are known here and valid now`,
      );
    }
    case 'SERVICE_SELECTOR_UNDEFINED':
    case undefined:
    default:
      throw invalid(`names ${what}, and not how many of them to use (selector)`);
  }
}

function invalid(what: string): InputError {
  return new InputError('INPUT_INVALID', `signing configuration ${what}`, {
    hint: 'Write it with `cosign signing-config create`, or name the services with --fulcio-url and others.',
  });
}

const publicHost = /(?:^|\.)sigst(?:ore|age)\.dev$/u;

/** The first service that belongs to the public instance, or to its staging instance. */
export function publicServiceOf({ fulcioUrl, logs, timestampUrls }: SigningServices): string | undefined {
  return [fulcioUrl, ...logs.map(({ url }) => url), ...timestampUrls].find(isPublicService);
}

/** Whether a service belongs to the public instance, or to its staging instance. */
export function isPublicService(url: string): boolean {
  return publicHost.test(new URL(url).hostname.replace(/\.+$/u, ''));
}

/**
 * Refuses services that would make names public, and those whose signatures could never be verified.
 * @throws SigningError `PUBLIC_LOG_REFUSED`; InputError `INPUT_MISSING`
 */
export function assertUsable(services: SigningServices, isPublicAllowed: boolean): void {
  const { logs, timestampUrls } = services;
  const found = publicServiceOf(services);
  if (found !== undefined && !isPublicAllowed) {
    throw new SigningError('PUBLIC_LOG_REFUSED', `${new URL(found).host} belongs to the public Sigstore`, {
      hint: 'It publishes names of repositories and workflows for ever; where that is wanted, say --allow-public-log.',
    });
  }
  if (timestampUrls.length === 0 && !logs.some(({ version }) => version === 1)) {
    throw new InputError('INPUT_MISSING', 'signing services name no timestamp authority', {
      hint: 'Give --timestamp-url: certificates last minutes, and only a timestamp (or Rekor v1) shows when they were used.',
    });
  }
}
