// A Delivery's ConfigMaps and Secrets as the API server has them now, read as the Delivery's own service account, so that
// nobody gets by a Delivery what he may not read himself. Nothing is remembered: values stay in what was made of them.
import * as z from 'zod';
import type { Delivery } from '../../src/api/delivery.ts';
import type { PostBuild } from '../../src/api/delivery-values.ts';
import { InputError, KubeError } from '../../src/errors.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/request.ts';
import { sopsLimits, substitutionLimits } from '../../src/limits.ts';
import { parseIdentities, type AgeIdentity } from '../../src/render/sops/age.ts';
import type { Variable } from '../../src/render/substitution/substitute.ts';
import type { ValueSource } from './values.ts';

const objectSchema = z.object({ data: z.record(z.string(), z.string()).nullish() });
type Reference = { readonly kind: 'ConfigMap' | 'Secret'; readonly name: string };

/** @param hashKey base64 */
export function createValueSource(
  client: Pick<KubeClient, 'request'>,
  { metadata: { namespace } }: Pick<Delivery, 'metadata'>,
  {
    impersonate,
    hashKey,
  }: { readonly impersonate: KubeRequest['impersonate'] | undefined; readonly hashKey: string },
): ValueSource {
  /** Members as text; undefined where there is no such object. */
  async function read(
    { kind, name }: Reference,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string> | undefined> {
    const plural = kind === 'Secret' ? 'secrets' : 'configmaps';
    try {
      const { body } = await client.request({
        method: 'GET',
        path: `/api/v1/namespaces/${namespace}/${plural}/${name}`,
        signal,
        ...(impersonate === undefined ? {} : { impersonate }),
      });
      const { data } = objectSchema.parse(body);
      const decode = (text: string): string =>
        kind === 'Secret' ? Buffer.from(text, 'base64').toString('utf8') : text;
      return new Map(Object.entries(data ?? {}).map(([key, text]) => [key, decode(text)]));
    } catch (error) {
      if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  return {
    hashKey: Buffer.from(hashKey, 'base64'),
    identities: async ({ secretRef }, signal) => {
      const object = `Secret ${namespace}/${secretRef.name}`;
      const members = await read({ kind: 'Secret', name: secretRef.name }, signal);
      if (members === undefined) throw missing(object, 'spec.decryption');
      const identities: AgeIdentity[] = [];
      for (const [key, text] of members) {
        if (!key.endsWith('.agekey')) continue;
        identities.push(...parseKeyFile(text, `${object}: ${key}`));
        if (identities.length > sopsLimits.identities) break;
      }
      if (identities.length > 0 && identities.length <= sopsLimits.identities) return identities;
      const count = identities.length === 0 ? 'no' : `more than ${sopsLimits.identities}`;
      throw new InputError('INPUT_INVALID', `${object} has ${count} age identities in members .agekey`, {
        hint: `Put 1 to ${sopsLimits.identities} identities, as age-keygen writes them, into members that end with .agekey.`,
      });
    },
    variables: async (postBuild, signal) => {
      const variables = new Map<string, Variable>();
      for (const { kind, name, optional } of postBuild.substituteFrom ?? []) {
        const members = await read({ kind, name }, signal);
        if (members === undefined && !optional)
          throw missing(`${kind} ${namespace}/${name}`, 'spec.postBuild.substituteFrom');
        for (const [key, text] of members ?? []) {
          // What can't be asked for, such as tls.crt, is no variable.
          if (isVariableName(key)) variables.set(key, { value: trimEnd(text), isSecret: kind === 'Secret' });
        }
      }
      for (const [key, value] of Object.entries(substituteOf(postBuild)))
        variables.set(key, { value: trimEnd(value), isSecret: false });
      assertBounds(variables);
      return variables;
    },
  };
}

/** Somebody may make it later, so it is asked for again; what runs stays. */
function missing(object: string, field: string): InputError {
  return new InputError('INPUT_MISSING', `${object}, which ${field} names, is not there`, {
    retryable: true,
  });
}

/** Nothing of the text may be told. */
function parseKeyFile(text: string, where: string): readonly AgeIdentity[] {
  const identities = parseIdentities(text);
  if (identities !== undefined) return identities;
  throw new InputError('INPUT_INVALID', `${where} has a line that is no age identity of X25519`);
}

/** @throws InputError `INPUT_INVALID` */
function substituteOf({ substitute = {} }: PostBuild): Readonly<Record<string, string>> {
  for (const name of Object.keys(substitute)) {
    if (isVariableName(name)) continue;
    const shown = JSON.stringify(name.slice(0, 100));
    throw new InputError(
      'INPUT_INVALID',
      `spec.postBuild.substitute has ${shown}, which is no name of a variable`,
      {
        hint: 'Names have letters, digits and _, and no digit in front.',
      },
    );
  }
  return substitute;
}

function isVariableName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/u.test(text);
}

/** What was made from a file ends with a line break that nobody means. Others stay: a value is one scalar, whatever it holds. */
function trimEnd(text: string): string {
  // No pattern: one would try each of a million line breaks anew.
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1;
  return text.slice(0, end);
}

function assertBounds(variables: ReadonlyMap<string, Variable>): void {
  const bytes = [...variables.values()].reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
  if (variables.size > substitutionLimits.variables || bytes > substitutionLimits.variableBytes) {
    throw new InputError(
      'INPUT_INVALID',
      `spec.postBuild gives ${variables.size} variables of ${bytes} bytes, more than ${substitutionLimits.variables} or ${substitutionLimits.variableBytes}`,
    );
  }
}
