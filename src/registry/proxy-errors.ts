// What a proxy does instead of passing on, as errors that name the proxy: it is not the registry that refused.
import { RegistryError } from '../errors.ts';
import { nameProxy, type Proxy } from './proxy.ts';
import { tlsFailureOf } from './tls-errors.ts';

/** A proxy's own answer. */
export function proxyRefusal(proxy: Proxy, target: string, status: number): RegistryError {
  const name = nameProxy(proxy);
  if (status === 407) {
    const isGiven = proxy.authorization !== undefined;
    const what = isGiven ? 'does not take its user and password' : 'wants a user and a password';
    return new RegistryError('REGISTRY_NETWORK', `${name} ${what} (407)`, {
      details: { status },
      hint: 'Write them into the address of the proxy: http://USER:PASSWORD@HOST:PORT.',
    });
  }
  const isTemporary = status === 429 || status >= 500;
  return new RegistryError(
    isTemporary ? 'REGISTRY_UNAVAILABLE' : 'REGISTRY_NETWORK',
    `${name} opens no tunnel to ${target}: it answered ${status}`,
    {
      details: { status },
      retryable: isTemporary,
      hint: isTemporary
        ? 'See whether the proxy reaches the registry; one that is near is excepted with NO_PROXY.'
        : 'Have the proxy allow this host and port, or except the registry with NO_PROXY.',
    },
  );
}

/** What breaks the connection to a proxy. */
export function proxyNetworkError(proxy: Proxy, error: unknown): RegistryError {
  const name = nameProxy(proxy);
  const tls = tlsFailureOf(error, name);
  if (tls !== undefined) {
    return new RegistryError('REGISTRY_TLS', tls.words, {
      cause: error,
      hint: tls.hint,
      details: tls.details,
    });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('HPE_')) {
    return new RegistryError('REGISTRY_PROTOCOL', `${name} answers with no HTTP (${code})`, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new RegistryError('REGISTRY_NETWORK', `${name} can not be reached: ${code} ${message}`, {
    cause: error,
    retryable: true,
    hint: 'See whether its address is right (HTTPS_PROXY, HTTP_PROXY), or except the registry with NO_PROXY.',
  });
}
