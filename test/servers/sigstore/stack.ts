// A private Sigstore with the real servers, for keyless signing without any network: certificates, transparency log and
// timestamps, an issuer with GitHub Actions' tokens, and the two files that tell a client of them.
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CertificateLog, startCertificateLog } from './certificate-log.ts';
import {
  type Authority,
  certificatePem,
  createAuthority,
  type KeyPair,
  type Role,
  type Validity,
} from './certificates.ts';
import { type GitLab, type GitLabClaims, startGitLab } from './gitlab.ts';
import type { Listening } from './loopback.ts';
import {
  startFulcio,
  startRekor,
  startTimestampAuthority,
  type TrustFiles,
  trustFilesIn,
} from './processes.ts';
import {
  type Claims,
  defaultClaims,
  startTokenIssuer,
  type TokenIssuer,
  type TokenRequest,
} from './token-issuer.ts';
import {
  type SigningConfigOptions,
  signingConfigOf,
  type TrustDomain,
  type TrustedRootOptions,
  trustedRootOf,
} from './trusted-root.ts';

export type { Claims } from './token-issuer.ts';
export type { SigningConfigOptions, TrustedRootOptions } from './trusted-root.ts';

export type Sigstore = {
  readonly fulcioUrl: string;
  readonly rekorUrl: string;
  /** Without a path; cosign's flag wants `/api/v1/timestamp` behind it. */
  readonly timestampUrl: string;
  readonly issuer: string;
  /** The certificate in PEM that the issuer's TLS is verified with. */
  readonly caCertPath: string;
  /** The trusted root's parts in PEM, for cosign's flags and variables of before trusted roots. */
  readonly pem: TrustFiles;
  /** What a job would find in ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN. */
  readonly tokenRequest: TokenRequest;
  /** The same for a job of which other things are true. */
  tokenRequestFor(claims: Partial<Claims>): TokenRequest;
  /** A signed identity token for Sigstore. */
  token(claims?: Partial<Claims>): string;
  /** The same of a job of GitLab, where there is one. */
  gitLabToken(claims?: Partial<GitLabClaims>): string;
  /** The identity that a certificate for such a token has. */
  identity(claims?: Partial<Claims>): string;
  trustedRoot(options?: TrustedRootOptions): object;
  signingConfig(options?: SigningConfigOptions): object;
  stop(): Promise<void>;
};

const dayMs = 24 * 60 * 60 * 1000;

export type SigstoreOptions = {
  /** Whether Fulcio knows a GitLab, too. */
  readonly hasGitLab?: boolean;
};

/** Starts all servers at once and waits until each answers; each start is a trust domain of its own. */
export async function startSigstore(directory: string, options: SigstoreOptions = {}): Promise<Sigstore> {
  await mkdir(directory, { recursive: true });
  const started: Listening[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()));
  };
  const keep: Keep = async (start) => {
    const server = await start;
    started.push(server);
    return server;
  };
  const pki = createPki();
  const { certificateChain, timestampChain, rekorKey } = pki;
  const caCertPath = join(directory, 'issuer-ca.pem');

  const starting = [
    startCertificates(pki, { ...options, directory }, keep),
    keep(startRekor(directory, rekorKey)),
    keep(startTimestampAuthority(directory, ...timestampChain)),
    writeFile(caCertPath, certificatePem(pki.issuerRoot.certificate)),
  ] as const;
  // All must have ended, well or not, before those that run can be stopped.
  const failed = (await Promise.allSettled(starting)).some(({ status }) => status === 'rejected');
  if (failed) await stop();
  const [{ fulcio, issuer, gitlab, certificateLog }, rekor, timestamps] = await Promise.all(starting);
  const domain: TrustDomain = {
    fulcioUrl: fulcio.url,
    rekorUrl: rekor.url,
    timestampUrl: timestamps.url,
    issuer: issuer.url,
    certificateChain,
    timestampChain,
    rekorKey: rekorKey.publicKey,
    certificateLog,
    validity: pki.validity,
  };
  return {
    fulcioUrl: domain.fulcioUrl,
    rekorUrl: domain.rekorUrl,
    timestampUrl: domain.timestampUrl,
    issuer: domain.issuer,
    caCertPath,
    pem: trustFilesIn(directory),
    tokenRequest: issuer.request,
    tokenRequestFor: (claims) => issuer.requestFor(claims),
    token: (claims) => issuer.token(claims),
    gitLabToken: (claims) => {
      if (gitlab === undefined) throw new Error('this Sigstore knows no GitLab');
      return gitlab.token(claims);
    },
    identity: (claims) => `https://github.com/${{ ...defaultClaims, ...claims }.job_workflow_ref}`,
    trustedRoot: (options) => trustedRootOf(domain, options),
    signingConfig: (options) => signingConfigOf(domain, options),
    stop,
  };
}

type Keep = <T extends Listening>(start: Promise<T>) => Promise<T>;

type CertificateServers = {
  readonly fulcio: Listening;
  readonly issuer: TokenIssuer;
  readonly gitlab: GitLab | undefined;
  readonly certificateLog: CertificateLog;
};

/** Fulcio after those that it asks. */
async function startCertificates(
  pki: Pki,
  { directory, hasGitLab = false }: SigstoreOptions & { readonly directory: string },
  keep: Keep,
): Promise<CertificateServers> {
  const [certificateLog, issuer, gitlab] = await Promise.all([
    keep(startCertificateLog()),
    keep(startTokenIssuer(pki.issuerServer)),
    hasGitLab ? keep(startGitLab(pki.gitLabServer)) : undefined,
  ]);
  const [authority, root] = pki.certificateChain;
  const issuerCa = certificatePem(pki.issuerRoot.certificate);
  const fulcio = await keep(
    startFulcio({ directory, authority, root, certificateLog, issuer: issuer.url, issuerCa, gitlab }),
  );
  return { fulcio, issuer, gitlab, certificateLog };
}

type Pki = {
  readonly validity: Validity;
  readonly issuerRoot: Authority;
  readonly issuerServer: Authority;
  readonly gitLabServer: Authority;
  /** From the issuing authority to its root, as the next one. */
  readonly certificateChain: readonly [Authority, Authority];
  readonly timestampChain: readonly [Authority, Authority];
  readonly rekorKey: KeyPair;
};

function createPki(): Pki {
  const now = Date.now();
  const validity = { start: new Date(now - dayMs), end: new Date(now + 3650 * dayMs) };
  const organization = 'sealift-test';
  const root = (commonName: string): Authority =>
    createAuthority({ organization, commonName }, 'root', { validity });
  const issued = (commonName: string, role: Role, issuer: Authority): Authority =>
    createAuthority({ organization, commonName }, role, { validity, issuer });
  const issuerRoot = root('token issuer root');
  const certificateRoot = root('certificate root');
  const timestampRoot = root('timestamp root');
  return {
    validity,
    issuerRoot,
    issuerServer: issued('token issuer', 'loopback-server', issuerRoot),
    gitLabServer: createAuthority({ organization, commonName: 'gitlab.example' }, 'server', {
      validity,
      issuer: issuerRoot,
      names: ['gitlab.example'],
    }),
    certificateChain: [issued('certificates', 'code-signing-intermediate', certificateRoot), certificateRoot],
    timestampChain: [issued('timestamps', 'timestamping', timestampRoot), timestampRoot],
    rekorKey: generateKeyPairSync('ed25519'),
  };
}
