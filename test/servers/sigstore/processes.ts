// The three real servers of Sigstore, each on ports of its own: Fulcio (certificates), Rekor v2 (transparency log) and
// the timestamp authority.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { requireComponents } from '../../components/locate.ts';
import { sendRequest } from '../../control-plane/http.ts';
import { lostItsPort, withFreePorts } from '../../control-plane/ports.ts';
import { type ServerProcessOptions, startServerProcess } from '../../control-plane/server-process.ts';
import { waitUntil } from '../../control-plane/wait.ts';
import {
  type Authority,
  certificatePem,
  encodedPublicKey,
  type KeyPair,
  privateKeyPem,
} from './certificates.ts';
import type { CertificateLog } from './certificate-log.ts';
import { type GitLab, gitLabProvider, gitLabUrl } from './gitlab.ts';
import type { Listening } from './loopback.ts';

const readyWithinMs = 60_000;
const loopback = '127.0.0.1';
const keyPassword = 'sealift-test';

/** The name that Rekor signs its checkpoints with; verifiers want the host of its URL. */
export const rekorOrigin = loopback;

/** Paths of PEM files that tell a client whom to trust. */
export type TrustFiles = {
  /** Fulcio's certificates, from the issuing one to the root. */
  readonly certificateChain: string;
  readonly certificateLogKey: string;
  /** The timestamp authority's certificates, from its own to the root. */
  readonly timestampChain: string;
};

/** Where the servers' start writes them. */
export function trustFilesIn(directory: string): TrustFiles {
  return {
    certificateChain: join(directory, 'fulcio-chain.pem'),
    certificateLogKey: join(directory, 'certificate-log.pub'),
    timestampChain: join(directory, 'timestamp-chain.pem'),
  };
}

export type FulcioOptions = {
  readonly directory: string;
  readonly authority: Authority;
  readonly root: Authority;
  readonly certificateLog: CertificateLog;
  readonly issuer: string;
  /** The certificate in PEM that the issuer's TLS is verified with. */
  readonly issuerCa: string;
  /** A GitLab whose tokens it takes as well. */
  readonly gitlab?: GitLab | undefined;
};

/** Starts Fulcio for GitHub Actions' tokens of one issuer, and perhaps those of a GitLab. */
export async function startFulcio(options: FulcioOptions): Promise<Listening> {
  const { directory, authority, root, certificateLog } = options;
  const file = (name: string): string => join(directory, name);
  const { certificateChain, certificateLogKey } = trustFilesIn(directory);
  const { fulcio: path } = await requireComponents(['fulcio']);
  await Promise.all([
    writeFile(file('fulcio.key'), privateKeyPem(authority.privateKey, keyPassword), { mode: 0o600 }),
    writeFile(certificateChain, certificatePem(authority.certificate, root.certificate)),
    writeFile(certificateLogKey, publicKeyPem(certificateLog)),
    writeFile(file('system-ca.pem'), options.issuerCa),
    // Fulcio reads JSON too, but with other keys.
    writeFile(file('fulcio.yaml'), stringify(fulcioConfiguration(options))),
  ]);
  return withFreePorts(3, ([port, grpcPort, metricsPort]) =>
    startListening(`http://${loopback}:${port}`, '/healthz', {
      name: 'fulcio',
      path,
      directory,
      // Issuers with a `ca-cert` are never asked by a proxy.
      env:
        options.gitlab === undefined
          ? {}
          : { HTTPS_PROXY: options.gitlab.proxyUrl, SSL_CERT_FILE: file('system-ca.pem') },
      arguments: [
        'serve',
        `--host=${loopback}`,
        `--port=${port}`,
        `--grpc-host=${loopback}`,
        `--grpc-port=${grpcPort}`,
        `--metrics-port=${metricsPort}`,
        // Relative, since the path of a socket may have 107 bytes only.
        '--legacy-unix-domain-socket=fulcio.sock',
        '--ca=fileca',
        '--fileca-watch=false',
        `--fileca-cert=${certificateChain}`,
        `--fileca-key=${file('fulcio.key')}`,
        `--fileca-key-passwd=${keyPassword}`,
        `--ct-log-url=${certificateLog.url}`,
        `--ct-log-public-key-path=${certificateLogKey}`,
        `--config-path=${file('fulcio.yaml')}`,
      ],
    }),
  );
}

/** Starts a Rekor v2 log with an Ed25519 key. */
export async function startRekor(directory: string, key: KeyPair): Promise<Listening> {
  const { 'rekor-server': path } = await requireComponents(['rekor-server']);
  const keyFile = join(directory, 'rekor.key');
  await writeFile(keyFile, privateKeyPem(key.privateKey), { mode: 0o600 });
  return withFreePorts(3, ([port, grpcPort, metricsPort]) =>
    startListening(`http://${loopback}:${port}`, '/healthz', {
      name: 'rekor',
      path,
      directory,
      arguments: [
        'serve',
        `--http-port=${port}`,
        `--grpc-port=${grpcPort}`,
        `--http-metrics-port=${metricsPort}`,
        `--hostname=${rekorOrigin}`,
        `--signer-filepath=${keyFile}`,
        `--storage-dir=${join(directory, 'rekor')}`,
        // A signer waits for the next checkpoint.
        '--checkpoint-interval=100ms',
        '--batch-max-age=50ms',
      ],
    }),
  );
}

/** Starts a timestamp authority. */
export async function startTimestampAuthority(
  directory: string,
  authority: Authority,
  root: Authority,
): Promise<Listening> {
  const { 'timestamp-server': path } = await requireComponents(['timestamp-server']);
  const keyFile = join(directory, 'timestamp.key');
  const { timestampChain } = trustFilesIn(directory);
  await Promise.all([
    writeFile(keyFile, privateKeyPem(authority.privateKey), { mode: 0o600 }),
    writeFile(timestampChain, certificatePem(authority.certificate, root.certificate)),
  ]);
  return withFreePorts(1, ([port]) =>
    startListening(`http://${loopback}:${port}`, '/ping', {
      name: 'timestamp-server',
      path,
      directory,
      arguments: [String(port), keyFile, timestampChain],
    }),
  );
}

async function startListening(
  url: string,
  healthPath: string,
  options: ServerProcessOptions,
): Promise<Listening | 'port taken'> {
  const server = await startServerProcess(options);
  try {
    const health = { method: 'GET', url: new URL(healthPath, url) };
    await waitUntil(async () => (await sendRequest(health)).status === 200, {
      what: options.name,
      timeoutMs: readyWithinMs,
      assertPossible: () => server.assertRunning(),
    });
  } catch (error) {
    if (await lostItsPort(server)) return 'port taken';
    await server.stop();
    throw error;
  }
  return { url, stop: () => server.stop() };
}

function publicKeyPem({ publicKey }: CertificateLog): string {
  const body = encodedPublicKey(publicKey).toString('base64');
  return `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----\n`;
}

/** What the public Fulcio says about GitHub Actions, for our issuer. */
function fulcioConfiguration({ issuer, issuerCa, gitlab }: FulcioOptions): object {
  return {
    'oidc-issuers': {
      ...(gitlab === undefined
        ? {}
        : {
            [gitLabUrl]: {
              'issuer-url': gitLabUrl,
              'client-id': 'sigstore',
              type: 'ci-provider',
              'ci-provider': 'gitlab-pipeline',
            },
          }),
      [issuer]: {
        'issuer-url': issuer,
        'client-id': 'sigstore',
        type: 'ci-provider',
        'ci-provider': 'github-workflow',
        'ca-cert': issuerCa,
      },
    },
    'ci-issuer-metadata': {
      'gitlab-pipeline': gitLabProvider(),
      'github-workflow': {
        'default-template-values': { url: 'https://github.com', environment: '' },
        'subject-alternative-name-template': '{{ .url }}/{{ .job_workflow_ref }}',
        'extension-templates': {
          'github-workflow-trigger': 'event_name',
          'github-workflow-sha': 'sha',
          'github-workflow-name': 'workflow',
          'github-workflow-repository': 'repository',
          'github-workflow-ref': 'ref',
          'build-signer-uri': '{{ .url }}/{{ .job_workflow_ref }}',
          'build-signer-digest': 'job_workflow_sha',
          'runner-environment': 'runner_environment',
          'source-repository-uri': '{{ .url }}/{{ .repository }}',
          'source-repository-digest': 'sha',
          'source-repository-ref': 'ref',
          'source-repository-identifier': 'repository_id',
          'source-repository-owner-uri': '{{ .url }}/{{ .repository_owner }}',
          'source-repository-owner-identifier': 'repository_owner_id',
          'source-repository-visibility-at-signing': 'repository_visibility',
          'build-config-uri': '{{ .url }}/{{ .workflow_ref }}',
          'build-config-digest': 'workflow_sha',
          'build-trigger': 'event_name',
          'run-invocation-uri':
            '{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}',
          'deployment-environment': 'environment',
        },
      },
    },
  };
}
