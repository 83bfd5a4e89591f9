// Starts kube-apiserver as a real cluster has it: RBAC, audit, service account tokens, its admission plugins.
// Its certificate is fresh, so an answer that verifies against it comes from the server that was started.
import { readFile } from 'node:fs/promises';
import type { ControlPlaneFiles } from './files.ts';
import { sendRequest } from './http.ts';
import { lostItsPort } from './ports.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { waitUntil } from './wait.ts';

const readyWithinMs = 120_000;

export type ApiServerOptions = {
  readonly path: string;
  readonly directory: string;
  readonly files: ControlPlaneFiles;
  readonly port: number;
  readonly etcd: { readonly endpoint: string; readonly prefix: string };
  readonly auditLog: boolean;
  /** Whether a controller manager makes the `default` service accounts that the admission plugin asks for. */
  readonly hasServiceAccounts: boolean;
  readonly signal?: AbortSignal | undefined;
};

/** Starts it and waits until it is ready; undefined when its port was taken by somebody else. */
export async function startApiServer(options: ApiServerOptions): Promise<ServerProcess | undefined> {
  const { path, directory, files, signal } = options;
  const server = await startServerProcess({
    name: 'kube-apiserver',
    path,
    directory,
    arguments: apiServerArguments(options),
  });
  const url = new URL(`https://127.0.0.1:${options.port}/readyz`);
  const headers = { authorization: `Bearer ${files.adminToken}` };
  try {
    await waitUntil(
      async () => {
        const ca = await readFile(files.caFile, 'utf8');
        return (await sendRequest({ method: 'GET', url, headers, ca })).status === 200;
      },
      {
        what: 'kube-apiserver to be ready',
        timeoutMs: readyWithinMs,
        signal,
        assertPossible: () => server.assertRunning(),
      },
    );
    return server;
  } catch (error) {
    if (await lostItsPort(server)) return undefined;
    await server.stop();
    throw error;
  }
}

function apiServerArguments({ files, port, etcd, auditLog, hasServiceAccounts }: ApiServerOptions): string[] {
  const audit = [
    `--audit-policy-file=${files.auditPolicyFile}`,
    `--audit-log-path=${files.auditLogFile}`,
    // No rotation: tests read the file as it grows.
    '--audit-log-maxsize=100000',
  ];
  return [
    `--etcd-servers=${etcd.endpoint}`,
    `--etcd-prefix=${etcd.prefix}`,
    '--bind-address=127.0.0.1',
    // The default is the default route's address, which a machine without network does not have.
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${files.certificateFolder}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=RBAC',
    `--token-auth-file=${files.tokenFile}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${files.serviceAccountPublicKeyFile}`,
    `--service-account-signing-key-file=${files.serviceAccountKeyFile}`,
    // Without it a stop waits a minute for clients that watch.
    '--shutdown-watch-termination-grace-period=1s',
    // Nothing reaches 127.0.0.1 as an endpoint of the `kubernetes` Service, so none is written.
    '--endpoint-reconciler-type=none',
    ...(hasServiceAccounts ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ...(auditLog ? audit : []),
  ];
}
