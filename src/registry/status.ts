// A registry's answer that is not the one hoped for, as an error (distribution-spec, "Error codes").
import * as z from 'zod';
import { RegistryError, type RegistryCode } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import { describeRequest, type HttpAnswer, type HttpRequest } from './transport.ts';

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
  if (statuses.includes(answer.status)) return;
  const wire = parseWireErrors(await readBounded(answer, httpLimits.errorBodyBytes));
  // Codes alone are part of the message, which may become a status; the registry's own words are for who asked.
  const code = codeOf(answer.status);
  throw new RegistryError(
    code,
    `${describeRequest(request)} answered ${answer.status}${wire.codes === '' ? '' : ` ${wire.codes}`}`,
    {
      retryable: code === 'REGISTRY_UNAVAILABLE' || code === 'REGISTRY_RATE_LIMITED',
      details: { status: answer.status },
      ...(wire.words === '' ? {} : { cause: new Error(`registry says: ${wire.words}`) }),
      ...hintOf(code),
    },
  );
}

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

function parseWireErrors(body: Buffer): { readonly codes: string; readonly words: string } {
  try {
    const { errors } = errorsSchema.parse(JSON.parse(body.toString('utf8')));
    const codes = errors.map(({ code }) => code).filter((code) => /^[A-Z_]{1,60}$/u.test(code));
    const words = errors.flatMap(({ message }) => message ?? []);
    return { codes: codes.slice(0, 3).join(', '), words: words.join('; ').slice(0, 500) };
  } catch {
    return { codes: '', words: '' };
  }
}

function codeOf(status: number): RegistryCode {
  if (status === 401) return 'REGISTRY_UNAUTHORIZED';
  if (status === 403) return 'REGISTRY_DENIED';
  if (status === 404) return 'REGISTRY_NOT_FOUND';
  if (status === 429) return 'REGISTRY_RATE_LIMITED';
  if (status >= 500) return 'REGISTRY_UNAVAILABLE';
  return 'REGISTRY_PROTOCOL';
}

function hintOf(code: RegistryCode): { hint?: string } {
  if (code === 'REGISTRY_UNAUTHORIZED' || code === 'REGISTRY_DENIED') {
    return { hint: 'This version speaks to registries without log-in only; see the README, "Not yet".' };
  }
  return {};
}
