// The files that a control plane starts from: keys, tokens, the audit policy and kubeconfigs. Secrets are 0600.
import { generateKeyPair, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

export type ControlPlaneFiles = {
  readonly certificateFolder: string;
  /** The API server's self-signed chain, which is also its CA; it writes it at its first start. */
  readonly caFile: string;
  readonly tokenFile: string;
  readonly adminToken: string;
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
  readonly auditPolicyFile: string;
  readonly auditLogFile: string;
};

export type KubeconfigOptions = {
  readonly name: string;
  readonly token: string;
  readonly namespace?: string | undefined;
};

// Every request is one line: the stage when its answer is complete (or a watch's start as well).
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

/** Writes what the servers read at their start. */
export async function writeControlPlaneFiles(directory: string): Promise<ControlPlaneFiles> {
  const certificateFolder = join(directory, 'certificates');
  await mkdir(certificateFolder, { recursive: true });
  const adminToken = randomToken();
  const files: ControlPlaneFiles = {
    certificateFolder,
    caFile: join(certificateFolder, 'apiserver.crt'),
    tokenFile: join(directory, 'tokens.csv'),
    adminToken,
    serviceAccountKeyFile: join(directory, 'service-account.key'),
    serviceAccountPublicKeyFile: join(directory, 'service-account.pub'),
    auditPolicyFile: join(directory, 'audit-policy.json'),
    auditLogFile: join(directory, 'audit.log'),
  };
  const { privateKey, publicKey } = await generate('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await Promise.all([
    writeSecret(files.tokenFile, `${adminToken},admin,admin,"system:masters"\n`),
    writeSecret(files.serviceAccountKeyFile, privateKey),
    writeFile(files.serviceAccountPublicKeyFile, publicKey),
    writeFile(files.auditPolicyFile, JSON.stringify(auditPolicy)),
  ]);
  return files;
}

/** Writes a kubeconfig (JSON, which is YAML) for a bearer token. */
export async function writeKubeconfig(
  path: string,
  cluster: { readonly server: string; readonly caFile: string },
  { name, token, namespace }: KubeconfigOptions,
): Promise<string> {
  const context = { cluster: 'test', user: name, ...(namespace === undefined ? {} : { namespace }) };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'test', cluster: { server: cluster.server, 'certificate-authority': cluster.caFile } },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context }],
    'current-context': name,
  };
  await writeSecret(path, `${JSON.stringify(kubeconfig, null, 2)}\n`);
  return path;
}

function randomToken(): string {
  return randomBytes(24).toString('hex');
}

async function writeSecret(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
}
