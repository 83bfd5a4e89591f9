// The first files of a repository that publishes with Sealift: the workflow, and for the cluster the policy that says
// who is believed and the Delivery that follows the channel.
import type * as z from 'zod';
import { apiVersion, nameSchema } from '../api/common.ts';
import { deliverySpecSchema } from '../api/delivery.ts';
import { trustPolicySpecSchema } from '../api/trust-policy.ts';
import { InputError } from '../errors.ts';
import { formatYaml } from '../resources/format-yaml.ts';
import { resourceSchema } from '../resources/resource.ts';

export type FirstFilesOptions = {
  /** Host and repository, without tag. */
  readonly registry: string;
  readonly repository: string;
  /** Name of the policy and the Delivery. */
  readonly name: string;
  /** Namespace of the Delivery. */
  readonly namespace: string;
  readonly channel: string;
  /** Folder of the rendered manifests, relative to the repository's root. */
  readonly path: string;
  /** The action, as `uses` takes it. */
  readonly action: string;
  /** PEM texts of the public keys that sign releases and promotions. */
  readonly releaseKey: string;
  readonly promotionKey: string;
};

export type FirstFile = { readonly path: string; readonly text: string };

/** @throws InputError `INPUT_INVALID` */
export function buildFirstFiles(options: FirstFilesOptions): readonly FirstFile[] {
  return [
    { path: '.github/workflows/sealift.yml', text: workflowOf(options) },
    {
      path: 'sealift/trust-policy.yaml',
      text: format(
        ['Who is believed: for the admin of the cluster, who applies it with `kubectl apply --server-side`.'],
        policyOf(options),
      ),
    },
    {
      path: 'sealift/delivery.yaml',
      text: format(
        [
          'What the puller follows. Every write is made as its service account, which the admin makes and gives rights to.',
        ],
        deliveryOf(options),
      ),
    },
  ];
}

function format(words: readonly string[], object: object): string {
  return `${words.map((line) => `# ${line}\n`).join('')}${formatYaml(object)}`;
}

function policyOf(options: FirstFilesOptions): object {
  const { registry, repository, name, namespace, channel, releaseKey, promotionKey } = options;
  const policy = {
    apiVersion,
    kind: 'TrustPolicy',
    metadata: { name },
    spec: {
      match: [{ url: `oci://${registry}/${repository}`, namespaces: [namespace] }],
      repository,
      authorities: [
        { name: 'ci', key: { data: releaseKey } },
        { name: 'release', key: { data: promotionKey } },
      ],
      signatures: { authorities: ['ci'] },
      promotion: { channels: [{ tag: channel, authorities: ['release'] }] },
    },
  };
  assertFits(policy, 'TrustPolicy', trustPolicySpecSchema);
  return policy;
}

function deliveryOf({ registry, repository, name, namespace, channel }: FirstFilesOptions): object {
  const delivery = {
    apiVersion,
    kind: 'Delivery',
    metadata: { name, namespace },
    spec: {
      source: { url: `oci://${registry}/${repository}`, ref: { tag: channel }, interval: '5m' },
      prune: true,
      wait: true,
      serviceAccountName: `${name}-deployer`,
    },
  };
  assertFits(delivery, 'Delivery', deliverySpecSchema);
  return delivery;
}

/** Names come from the options: what they may not be is said before anything is written. */
function assertFits(
  object: { readonly metadata: { readonly name: string }; readonly spec: unknown },
  kind: string,
  spec: z.ZodType,
): void {
  const checks: readonly (readonly [string, z.ZodType, unknown])[] = [
    [kind, resourceSchema, object],
    [`${kind} metadata.name`, nameSchema, object.metadata.name],
    [`${kind} spec`, spec, object.spec],
  ];
  for (const [place, schema, value] of checks) {
    const [issue] = schema.safeParse(value).error?.issues ?? [];
    if (issue === undefined) continue;
    const path = [place, ...issue.path.map(String)].join('.');
    throw new InputError('INPUT_INVALID', `${path} would not be valid: ${issue.message}`);
  }
}

function workflowOf({ registry, repository, path, action }: FirstFilesOptions): string {
  // Both stand in the workflow, where `${{` would be an expression.
  if (!/^\w[\w./@+-]*$/u.test(path) || path.split('/').includes('..')) {
    throw new InputError(
      'INPUT_INVALID',
      `--path is ${JSON.stringify(path.slice(0, 200))}, not a folder below the root`,
    );
  }
  // A puller refuses an artifact that holds a policy of its own.
  if (path.split('/')[0] === 'sealift') {
    throw new InputError(
      'INPUT_CONFLICT',
      '--path is sealift, where the policy and the Delivery are written',
      {
        hint: 'They are for the admin and the tenant of the cluster, and never part of the artifact.',
      },
    );
  }
  if (!/^[\w.-]+\/[\w.-]+@[\w./-]+$/u.test(action)) {
    throw new InputError(
      'INPUT_INVALID',
      `--action is ${JSON.stringify(action.slice(0, 200))}, not OWNER/REPOSITORY@REF`,
    );
  }
  return `# Publishes the rendered manifests as a signed artifact when a version is tagged; on pull requests it only says whether
# they are right.
name: sealift
on:
  push:
    tags: ['v*']
  pull_request:
permissions: {}
jobs:
  publish:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      contents: read # to check out
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      # Where the registry wants credentials, give registry-username and registry-password; a dry run has no use for them.
      - uses: ${action}${noteOf(action)}
        with:
          repository: ${JSON.stringify(`oci://${registry}/${repository}`)}
          path: ${JSON.stringify(path)}
          dry-run: \${{ github.event_name == 'pull_request' }}
          sign: key
          signing-key: \${{ github.event_name == 'push' && secrets.SEALIFT_KEY || '' }}
          signing-key-password: \${{ github.event_name == 'push' && secrets.SEALIFT_KEY_PASSWORD || '' }}
`;
}

/** What is still to be done about the action. */
function noteOf(action: string): string {
  const [name = '', ref = ''] = action.split('@');
  const notes = [
    ...(name.startsWith('OWNER/') ? ['put the owner of the action in place of OWNER'] : []),
    ...(/^[0-9a-f]{40}$/u.test(ref) ? [] : ['better: a full commit digest']),
  ];
  return notes.length === 0 ? '' : ` # ${notes.join('; ')}`;
}
