// Artifacts that are signed in each way, on a registry that is neither ours nor cosign's, by a private Sigstore; and what
// an attacker puts beside them.
import { computeDigest } from '../src/oci/digest.ts';
import { parseReference } from '../src/oci/reference.ts';
import { openRepository } from '../src/registry/repository.ts';
import { createTransport } from '../src/registry/transport.ts';
import { findCandidates, type Candidate, type Candidates } from '../src/signing/candidates.ts';
import { signStatement } from '../src/signing/sign-statement.ts';
import { formatStatement, signaturePredicateType } from '../src/signing/statement.ts';
import { openField, type Field } from '../test/helpers/field.ts';
import { startReferrersRegistry } from '../test/servers/referrers-registry.ts';
import { startSigstore, type Sigstore } from '../test/servers/sigstore/stack.ts';

export type Signed = {
  readonly field: Field;
  readonly sigstore: Sigstore;
  /** `HOST:PORT/config` */
  readonly prefix: string;
  candidatesOf(name: string): Promise<Candidates>;
  /** So many bundles more, with good signatures of a stranger: a key's, or another workflow's certificate. */
  flooded(candidates: Candidates, count: number, by: 'key' | 'identity'): Promise<Candidates>;
};

export const predicateType = 'https://example.org/tests/v1';
const services = ['--signing-config', 'config.json', '--trusted-root', 'root.json'];
const otherWorkflow = 'example-org/other/.github/workflows/release.yml@refs/heads/main';

/** Signs all, hands them over, and ends what it started. */
export async function withSigned(body: (signed: Signed) => Promise<void>): Promise<void> {
  const field = await openField();
  const stops: (() => Promise<void>)[] = [() => field.close()];
  try {
    const sigstore = await startSigstore(field.path('sigstore'));
    stops.unshift(() => sigstore.stop());
    const registry = await startReferrersRegistry(field.cwd);
    stops.unshift(() => registry.stop());
    const prefix = `${registry.host}/config`;
    await signAll(field, sigstore, prefix);
    const candidatesOf: Signed['candidatesOf'] = async (name) => {
      const transport = createTransport();
      try {
        const reference = parseReference(`oci://${prefix}/${name}:production`);
        const store = openRepository({ send: transport.send, reference });
        const { descriptor } = await store.resolve('production');
        return await findCandidates(store, descriptor);
      } finally {
        transport.close();
      }
    };
    const [other] = (await candidatesOf('other')).found;
    if (other === undefined) throw new Error('nothing is signed by the other workflow');
    const stranger = await field.signer('stranger');
    await body({
      field,
      sigstore,
      prefix,
      candidatesOf,
      flooded: async (candidates, count, by) => {
        const more: Candidate[] = [];
        for (let index = 0; index < count; index += 1) {
          const payload = formatStatement(candidates.subject.digest, signaturePredicateType, { index });
          const bytes = by === 'key' ? await signStatement(stranger, payload) : other.bytes;
          more.push({ format: 'bundle', digest: computeDigest(`${by} ${index}`), bytes });
        }
        return { ...candidates, found: [...more, ...candidates.found] };
      },
    });
  } finally {
    for (const stop of stops) await stop();
  }
}

async function signAll(field: Field, sigstore: Sigstore, prefix: string): Promise<void> {
  await Promise.all([
    field.signer('release'),
    field.signer('promoter'),
    field.write('root.json', sigstore.trustedRoot()),
    field.write('config.json', sigstore.signingConfig()),
    field.write('a.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'),
    field.write('tests.json', '{"passed": true, "counts": {"failed": 0}}'),
  ]);
  const workflow = { SIGSTORE_ID_TOKEN: sigstore.token() };
  const other = { SIGSTORE_ID_TOKEN: sigstore.token({ job_workflow_ref: otherWorkflow }) };
  const push = async (
    name: string,
    flags: readonly string[],
    env = {},
    tag = 'production',
  ): Promise<void> => {
    await field.json(['push', `oci://${prefix}/${name}:${tag}`, '-f', 'a.yaml', ...flags], env);
  };
  const key = ['--key', 'release.key'];
  await push('key', key);
  await push('legacy', [...key, '--signature-format', 'legacy']);
  await push('keyless', services, workflow);
  await push('other', services, other);
  for (const [name, signer, env] of [
    ['app-key', key, {}],
    ['app-keyless', services, workflow],
  ] as const) {
    await push(name, signer, env, '1.0');
    const from = `oci://${prefix}/${name}:1.0`;
    await field.json(['sign', from, ...signer, '--attest', `${predicateType}=tests.json`], env);
    const policy = await writePolicy(field, sigstore, { prefix, name });
    await field.json(['promote', from, 'production', '--key', 'promoter.key', '--policy', policy]);
  }
}

/** A policy that asks for a signature, an attestation with a condition, and a promotion. */
async function writePolicy(
  field: Field,
  sigstore: Sigstore,
  { prefix, name }: { readonly prefix: string; readonly name: 'app-key' | 'app-keyless' },
): Promise<string> {
  const keyless = {
    issuer: sigstore.issuer,
    subject: sigstore.identity(),
    trustedRootRef: { name: 'root' },
  };
  const release = name === 'app-key' ? 'release' : { name: 'release', keyless };
  return field.policies(
    `${name}.yaml`,
    {
      url: `oci://${prefix}/${name}`,
      authorities: [release, 'promoter'],
      promotion: { channels: [{ tag: 'production', authorities: ['promoter'] }] },
      spec: {
        attestations: [
          {
            predicateType,
            authorities: ['release'],
            expr: 'predicate.passed && predicate.counts.failed == 0',
          },
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'root' },
      data: { 'trusted_root.json': await field.read('root.json') },
    },
  );
}
