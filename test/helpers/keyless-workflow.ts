// A workflow whose jobs may have an identity: a private Sigstore, a registry, the bundles of the actions, and a workspace
// with one object.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry, type Registry } from '../../src/server/registry.ts';
import { buildDist } from '../../tools/build.ts';
import { startSigstore, type Claims, type Sigstore } from '../servers/sigstore/stack.ts';
import { assertUnseen, openWorkflow, type StepResult, type Values, type Workflow } from './action-step.ts';

export type KeylessWorkflow = Workflow & {
  readonly cwd: string;
  readonly sigstore: Sigstore;
  readonly registry: Registry;
  /** A file of the workspace. */
  at(name: string): string;
  /** Inputs that name the services and their root. */
  readonly services: Values;
  /** Environment of a job of which other things are true. */
  asJob(claims: Partial<Claims>): Values;
  /** Publishes to a repository of the registry, and asserts that no token is seen. */
  publish(repository: string, inputs?: Values, env?: Values): Promise<StepResult>;
  /** Tags that people made. */
  tagsOf(repository: string): Promise<readonly string[]>;
  close(): Promise<void>;
};

/** The commit that jobs run for. */
export const commit = 'c0ffee'.padEnd(40, '0');

/** Starts all of it; whoever opens it closes it. */
export async function openKeylessWorkflow(): Promise<KeylessWorkflow> {
  const cwd = await mkdtemp(join(tmpdir(), 'sealift-keyless-workflow-'));
  const dist = join(cwd, 'dist');
  const [sigstore, registry] = await Promise.all([
    startSigstore(join(cwd, 'sigstore')),
    startRegistry({ directory: join(cwd, 'registry') }),
    buildDist(dist, ['publish.js', 'promote.js', 'verify.js']),
  ]);
  const asJob: KeylessWorkflow['asJob'] = (claims) => {
    const { url, token } = sigstore.tokenRequestFor(claims);
    return { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token };
  };
  const workflow = await openWorkflow(cwd, dist, { NODE_EXTRA_CA_CERTS: sigstore.caCertPath, ...asJob({}) });
  const at: KeylessWorkflow['at'] = (name) => join(workflow.workspace, name);
  await Promise.all([
    writeFile(at('root.json'), JSON.stringify(sigstore.trustedRoot())),
    writeFile(at('a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'),
  ]);
  const services = {
    'fulcio-url': sigstore.fulcioUrl,
    'rekor-url': sigstore.rekorUrl,
    'timestamp-url': sigstore.timestampUrl,
    'trusted-root': 'root.json',
  };
  return {
    ...workflow,
    cwd,
    sigstore,
    registry,
    at,
    services,
    asJob,
    publish: async (repository, inputs = {}, env = {}) => {
      const given = { repository: `oci://${registry.host}/${repository}`, path: 'a.yaml', tags: '1.0' };
      const result = await workflow.step('publish', { ...given, ...services, ...inputs }, env);
      assertUnseen(result, sigstore.tokenRequest.token);
      return result;
    },
    tagsOf: async (repository) => {
      const answer = await fetch(`${registry.url}/v2/${repository}/tags/list`);
      const { tags = [] }: { tags?: readonly string[] } = await answer.json().then(Object);
      return tags.filter((tag) => !tag.startsWith('sha256-'));
    },
    close: async () => {
      await Promise.all([sigstore.stop(), registry.close()]);
      await rm(cwd, { recursive: true, force: true });
    },
  };
}
