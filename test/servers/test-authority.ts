// A CA of tests, the server and client certificates that it issues, and a resolver by which any name is this machine.
import type { LookupFunction } from 'node:net';
import { certificatePem, createAuthority, privateKeyPem, type Validity } from './sigstore/certificates.ts';

export type Issued = { readonly certificate: string; readonly key: string };

export type IssueOptions = { readonly role?: 'server' | 'client'; readonly validity?: Validity };

export type TestAuthority = {
  /** PEM of its own certificate. */
  readonly pem: string;
  /** A certificate for host names, as PEM. */
  issue(names: readonly string[], options?: IssueOptions): Issued;
};

export const longValidity: Validity = {
  start: new Date('2020-01-01T00:00:00Z'),
  end: new Date('2049-01-01T00:00:00Z'),
};

export const pastValidity: Validity = {
  start: new Date('2020-01-01T00:00:00Z'),
  end: new Date('2021-02-03T04:05:06Z'),
};

export function createTestAuthority(commonName = 'test CA'): TestAuthority {
  const organization = 'sealift test';
  const issuer = createAuthority({ organization, commonName }, 'root', { validity: longValidity });
  return {
    pem: certificatePem(issuer.certificate),
    issue: (names, { role = 'server', validity = longValidity } = {}) => {
      const subject = { organization, commonName: names[0] ?? 'nobody' };
      const { certificate, privateKey } = createAuthority(subject, role, { validity, issuer, names });
      return { certificate: certificatePem(certificate), key: privateKeyPem(privateKey) };
    },
  };
}

/** Names lead to loopback, as in a network of its own. */
export const lookupLoopback: LookupFunction = (_name, { all }, found) => {
  if (all === true) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
};
