// What a Delivery's Secrets say of the way to its registry: credentials, certificates, a proxy. They are read as the
// Delivery's own service account, so that nobody gets by a Delivery what he may not read himself.
import * as z from 'zod';
import type { Delivery } from '../../src/api/delivery.ts';
import { InputError, KubeError } from '../../src/errors.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/request.ts';
import { pullerLimits } from '../../src/limits.ts';
import type { ClientCertificate } from '../../src/registry/tls.ts';
import type { PullSecretKey } from '../../src/registry/credentials/pull-secret.ts';

/** A docker configuration as pull Secrets hold it, and how messages name it. */
export type PullSecret = {
  readonly key: PullSecretKey;
  readonly bytes: Uint8Array;
  readonly name: string;
};

export type SourceAccess = {
  /** Of pull Secrets, the first that has one for the registry counts. */
  readonly credentials: readonly PullSecret[];
  /** PEM. */
  readonly ca?: string;
  readonly clientCertificate?: ClientCertificate;
  readonly proxy?: { readonly address: string; readonly name: string };
};

export type AccessReader = {
  /**
   * @param isFresh whether Secrets that are known are read again
   * @throws KubeError; InputError `INPUT_INVALID` where a Secret lacks what its use needs
   */
  read(delivery: Delivery, isFresh: boolean): Promise<SourceAccess>;
};

export type Impersonate = KubeRequest['impersonate'] | undefined;

const secretSchema = z.object({ data: z.record(z.string(), z.base64()).optional() });
type SecretData = Readonly<Record<string, string>>;

/** Names of its pull Secrets; as many as one look may read. */
const serviceAccountSchema = z.object({
  imagePullSecrets: z
    .array(z.object({ name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,252}$/u) }))
    .max(pullerLimits.imagePullSecrets)
    .optional(),
});

/** What one object is read for; the same one is read apart for each account. */
type Place = { readonly namespace: string; readonly name: string; readonly impersonate: Impersonate };

/** @param impersonateFor as whom the Secrets of a Delivery are read */
export function createAccessReader(
  client: Pick<KubeClient, 'request'>,
  impersonateFor: (delivery: Delivery) => Impersonate,
): AccessReader {
  const secrets = createMemory<SecretData>();
  const pullSecretNames = createMemory<readonly string[]>();

  async function readObject(
    plural: 'secrets' | 'serviceaccounts',
    { namespace, name, impersonate }: Place,
  ): Promise<unknown> {
    const { body } = await client.request({
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}/${plural}/${name}`,
      ...(impersonate === undefined ? {} : { impersonate }),
    });
    return body;
  }

  function readSecret(place: Place, isFresh: boolean): Promise<SecretData> {
    return secrets(place, isFresh, async () => {
      const data = secretSchema.parse(await readObject('secrets', place)).data ?? {};
      return pickMembers(data, `Secret ${place.namespace}/${place.name}`);
    });
  }

  /** Pull Secrets of a service account; those that are not there are passed over, as the kubelet does. */
  async function readAccount(place: Place, isFresh: boolean): Promise<readonly PullSecret[]> {
    const names = await pullSecretNames(place, isFresh, async () => {
      const parsed = serviceAccountSchema.safeParse(await readObject('serviceaccounts', place));
      if (parsed.success) return (parsed.data.imagePullSecrets ?? []).map(({ name }) => name);
      throw new InputError(
        'INPUT_INVALID',
        `ServiceAccount ${place.namespace}/${place.name} has other than up to ${pullerLimits.imagePullSecrets} pull Secrets by name`,
      );
    });
    const found: PullSecret[] = [];
    for (const name of names) {
      try {
        const data = await readSecret({ ...place, name }, isFresh);
        found.push(parsePullSecret(data, `Secret ${place.namespace}/${name}`));
      } catch (error) {
        if (!(error instanceof KubeError) || error.code !== 'KUBE_NOT_FOUND') throw error;
      }
    }
    return found;
  }

  return {
    read: async (delivery, isFresh) => {
      const { secretRef, certSecretRef, proxySecretRef, serviceAccountName } = delivery.spec.source;
      const { namespace } = delivery.metadata;
      const impersonate = impersonateFor(delivery);
      const read = async <T>(
        reference: { readonly name: string } | undefined,
        parse: (data: SecretData, name: string) => T,
      ): Promise<T | undefined> =>
        reference === undefined
          ? undefined
          : parse(
              await readSecret({ namespace, name: reference.name, impersonate }, isFresh),
              `Secret ${namespace}/${reference.name}`,
            );
      const own = await read(secretRef, parsePullSecret);
      const ofAccount =
        serviceAccountName === undefined
          ? []
          : await readAccount({ namespace, name: serviceAccountName, impersonate }, isFresh);
      const certificates = await read(certSecretRef, parseCertificates);
      const proxy = await read(proxySecretRef, parseProxy);
      return {
        credentials: [...(own === undefined ? [] : [own]), ...ofAccount],
        ...certificates,
        ...(proxy === undefined ? {} : { proxy }),
      };
    },
  };
}

/** Remembers what was read by place, as much as is bounded; a fresh reading takes its place. */
function createMemory<T>(): (place: Place, isFresh: boolean, read: () => Promise<T>) => Promise<T> {
  const known = new Map<string, T>();
  return async ({ namespace, name, impersonate }, isFresh, read) => {
    const key = JSON.stringify([namespace, name, impersonate]);
    const before = known.get(key);
    if (before !== undefined && !isFresh) return before;
    known.delete(key);
    const value = await read();
    const [oldest] = known.size >= pullerLimits.sourceSecrets ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    known.set(key, value);
    return value;
  };
}

/** What is of use for a source; the rest of a Secret is not kept. */
const members = [
  '.dockerconfigjson',
  '.dockercfg',
  'ca.crt',
  'tls.crt',
  'tls.key',
  'address',
  'username',
  'password',
] as const;

/** @throws InputError `INPUT_INVALID` */
function pickMembers(data: SecretData, name: string): SecretData {
  const picked = members.flatMap((member) => {
    const text = data[member];
    return text === undefined ? [] : [[member, text] as const];
  });
  const size = picked.reduce((sum, [, text]) => sum + text.length, 0);
  if (size > pullerLimits.sourceSecretBytes) {
    throw new InputError('INPUT_INVALID', `${name} has more than ${pullerLimits.sourceSecretBytes} bytes`);
  }
  return Object.fromEntries(picked);
}

function parsePullSecret(data: SecretData, name: string): PullSecret {
  for (const key of ['.dockerconfigjson', '.dockercfg'] as const) {
    const text = data[key];
    if (text !== undefined) return { key, bytes: Buffer.from(text, 'base64'), name };
  }
  throw lacks(name, '.dockerconfigjson');
}

function parseCertificates(data: SecretData, name: string): Pick<SourceAccess, 'ca' | 'clientCertificate'> {
  const [ca, certificate, key] = ['ca.crt', 'tls.crt', 'tls.key'].map((member) => textOf(data, member));
  if (certificate !== undefined && key === undefined) throw lacks(name, 'tls.key');
  if (ca === undefined && certificate === undefined) throw lacks(name, 'ca.crt');
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { clientCertificate: { certificate, key } }),
  };
}

function parseProxy(data: SecretData, name: string): NonNullable<SourceAccess['proxy']> {
  const address = textOf(data, 'address')?.trim();
  if (address === undefined) throw lacks(name, 'address');
  if (!URL.canParse(address)) throw new InputError('INPUT_INVALID', `${name} has an address that is no URL`);
  const url = new URL(address);
  const [user, password] = [textOf(data, 'username'), textOf(data, 'password')];
  if (user !== undefined) url.username = encodeURIComponent(user);
  if (password !== undefined) url.password = encodeURIComponent(password);
  return { address: url.href, name };
}

function textOf(data: SecretData, member: string): string | undefined {
  const text = data[member];
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8');
}

function lacks(name: string, member: string): InputError {
  return new InputError('INPUT_INVALID', `${name} has no ${member}`);
}
