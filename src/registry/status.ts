// A registry's answer that is not the one hoped for, as an error (distribution-spec, "Error codes").
import * as z from 'zod';
import { RegistryError, type RegistryCode } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import { describeRequest, type HttpAnswer, type HttpRequest } from './http.ts';
import { retryAfterMs } from './retry.ts';
import { tlsOnPlainHttp } from './tls-errors.ts';

const errorsSchema = z.object({
  errors: z
    .array(z.object({ code: z.string().max(100), message: z.string().max(2000).optional() }))
    .min(1)
    .max(50),
});

/** @throws RegistryError unless the answer has one of the statuses */
export async function expectStatus(
  request: HttpRequest,
  answer: HttpAnswer,
  ...statuses: number[]
): Promise<void> {
  if (!statuses.includes(answer.status)) throw await refusalOf(request, answer);
}

/** The error that an answer is. */
export async function refusalOf(request: HttpRequest, answer: HttpAnswer): Promise<RegistryError> {
  const { status } = answer;
  const body = await readErrorBody(request, answer);
  if (status === 400 && request.url.protocol === 'http:' && wantsTls.test(body.toString('latin1'))) {
    const { words, hint } = tlsOnPlainHttp(request.url.host);
    return new RegistryError('REGISTRY_TLS', `${describeRequest(request)} failed: ${words}`, { hint });
  }
  const wire = parseWireErrors(body);
  const code = codeOf(status, wire.codes);
  const askedMs = retryAfterMs(answer);
  // Codes alone are part of the message, which may become a status; the registry's own words are for who asked.
  const codes = wire.codes.slice(0, 3).join(', ');
  return new RegistryError(code, `${describeRequest(request)} answered ${status}${codes && ` ${codes}`}`, {
    retryable: code === 'REGISTRY_UNAVAILABLE' || code === 'REGISTRY_RATE_LIMITED',
    details: { status, ...(askedMs === undefined ? {} : { retryAfterMs: askedMs }) },
    ...(wire.words === '' ? {} : { cause: new Error(`registry says: ${wire.words}`) }),
    ...hintOf(code, request),
  });
}

/** What Go's, nginx's and Apache's servers say to plain HTTP where they speak TLS. */
const wantsTls =
  /HTTP request to an HTTPS server|HTTP request was sent to HTTPS port|plain HTTP to an SSL-enabled/u;

/** The bytes of an answer, cut off above a bound. */
export async function readBounded(answer: HttpAnswer, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.byteLength;
    chunks.push(chunk);
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

/** An error page that breaks off or takes too long says nothing more than its status did. */
async function readErrorBody({ signal }: HttpRequest, answer: HttpAnswer): Promise<Buffer> {
  try {
    return await readBounded(answer, httpLimits.errorBodyBytes);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return Buffer.alloc(0);
  }
}

type WireErrors = { readonly codes: readonly string[]; readonly words: string };

function parseWireErrors(body: Buffer): WireErrors {
  try {
    const { errors } = errorsSchema.parse(JSON.parse(body.toString('utf8')));
    const codes = errors.map(({ code }) => code).filter((code) => /^[A-Z_]{1,60}$/u.test(code));
    const words = errors.flatMap(({ message }) => message ?? []);
    return { codes, words: words.join('; ').slice(0, 500) };
  } catch {
    return { codes: [], words: '' };
  }
}

const statusCodes: ReadonlyMap<number, RegistryCode> = new Map([
  [401, 'REGISTRY_UNAUTHORIZED'],
  [403, 'REGISTRY_DENIED'],
  [404, 'REGISTRY_NOT_FOUND'],
  [405, 'REGISTRY_UNSUPPORTED'],
  [408, 'REGISTRY_UNAVAILABLE'],
  [409, 'REGISTRY_CONFLICT'],
  [429, 'REGISTRY_RATE_LIMITED'],
  [501, 'REGISTRY_UNSUPPORTED'],
]);

function codeOf(status: number, wireCodes: readonly string[]): RegistryCode {
  if (status === 400 && wireCodes.includes('UNSUPPORTED')) return 'REGISTRY_UNSUPPORTED';
  return statusCodes.get(status) ?? (status >= 500 ? 'REGISTRY_UNAVAILABLE' : 'REGISTRY_PROTOCOL');
}

function hintOf(code: RegistryCode, { method, url }: HttpRequest): { readonly hint?: string } {
  if (code === 'REGISTRY_UNAUTHORIZED' || code === 'REGISTRY_DENIED') {
    return {
      hint: `Run \`sealift login ${url.host}\`, or \`sealift doctor REF\` to see which credentials are used.`,
    };
  }
  if (code === 'REGISTRY_NOT_FOUND' && method === 'POST')
    return { hint: 'Some registries want a repository to be created before anything is pushed to it.' };
  if (code === 'REGISTRY_RATE_LIMITED')
    return { hint: 'Wait as long as the registry asks; many registries allow more to those who log in.' };
  return {};
}
