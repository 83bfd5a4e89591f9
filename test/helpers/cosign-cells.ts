// One cell of the compatibility matrix: somebody signs in one way on one registry, and all three verify it; then all
// three refuse it tampered with, by another signer, and under a foreign root.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Content } from '../../src/oci/manifest.ts';
import type { Sigstore } from '../servers/sigstore/stack.ts';
import {
  cosignRefuses,
  cosignSign,
  cosignVerifyArgs,
  cosignVersions,
  passwords,
  runCosign,
  sealiftSignArgs,
  sealiftVerifyArgs,
  succeeds,
  type CosignVersion,
  type Signers,
  type Way,
} from './cosign.ts';
import type { Field } from './field.ts';
import { pushValue } from './forging.ts';
import { openStore, type RegistryStore } from './registry-store.ts';
import { copyTampered } from './tampering.ts';
import { configFile } from './published.ts';

export type Cell = {
  readonly field: Field;
  /** `HOST:PORT` of the registry. */
  readonly host: string;
  readonly way: Way;
  readonly signer: CosignVersion | 'sealift';
  readonly sigstore?: Sigstore;
  /** Whose verification must succeed; everybody's, where absent. */
  readonly verifiers?: readonly CosignVersion[];
};

/** Signers that must not be taken for the one that signed, by what is wrong with them. */
type Strangers = Readonly<Record<string, Signers>>;

let cells = 0;

/** Runs a cell to its end. */
export async function runCell(t: TestContext, cell: Cell): Promise<void> {
  const { field, host, way, signer } = cell;
  const count = (cells += 1);
  const repository = `cell-${count}`;
  const store = openStore(t, `${host}/${repository}`);
  const [artifact, other] = await Promise.all([
    signedValue(cell, store, repository, 'a'),
    signedValue(cell, store, repository, 'b'),
  ]);
  const reference = `${host}/${repository}@${artifact.descriptor.digest}`;
  const right = signersOf(cell);
  const versions = cell.verifiers ?? cosignVersions;
  const byCosign = versions.map(async (version) => {
    await succeeds(runCosign(field, version, [...cosignVerifyArgs(version, way, right), reference]));
  });
  await Promise.all([...byCosign, acceptedBySealift(cell, reference, right)]);

  const tampered = `tampered-${count}`;
  const tamperedCount = await copyTampered(
    store,
    openStore(t, `${host}/${tampered}`),
    { artifact, other },
    way.format,
  );
  const bad = `${host}/${tampered}@${artifact.descriptor.digest}`;
  const [candidates] = await Promise.all([
    refusedByAll(cell, bad, right, 'tampered'),
    ...Object.entries(strangersOf(cell)).map(([what, stranger]) =>
      refusedByAll(cell, reference, stranger, what),
    ),
  ]);
  assert.equal(candidates, tamperedCount, `${signer}: each of the tampered ones is judged`);
}

/** Pushes an artifact and signs it with who signs in this cell, as a process. */
async function signedValue(
  { field, host, way, signer, sigstore }: Cell,
  store: RegistryStore,
  repository: string,
  value: string,
): Promise<Content> {
  if (signer !== 'sealift') {
    const artifact = await pushValue(store, value);
    const reference = `${host}/${repository}@${artifact.descriptor.digest}`;
    await cosignSign(field, signer, way, { reference, sigstore: way.proof === 'key' ? undefined : sigstore });
    return artifact;
  }
  const env = {
    ...(way.key === undefined ? {} : { COSIGN_PASSWORD: passwords[way.key] ?? '' }),
    ...(sigstore === undefined ? {} : { SIGSTORE_ID_TOKEN: sigstore.token() }),
  };
  if (way.format === 'bundle') {
    const { path, bytes } = configFile(value, value);
    await field.write(path, bytes);
    const push = ['push', `oci://${host}/${repository}:${value}`, '-f', path, ...sealiftSignArgs(way)];
    await succeeds(field.run(push, env));
    return store.resolve(value);
  }
  const artifact = await pushValue(store, value, value);
  await succeeds(field.run(['sign', `${host}/${repository}:${value}`, ...sealiftSignArgs(way)], env));
  return artifact;
}

/** By the options, and by a policy file as a puller would. */
async function acceptedBySealift(
  { field, way, sigstore }: Cell,
  reference: string,
  right: Signers,
): Promise<void> {
  const [repository = ''] = reference.split('@');
  const authority =
    sigstore === undefined || way.proof === 'key'
      ? { key: { data: await field.read(`${right.key ?? ''}.pub`) } }
      : {
          keyless: {
            issuer: right.issuer,
            subject: right.identity,
            trustedRootRef: { name: 'root' },
            logThreshold: way.proof === 'log' ? 1 : 0,
          },
        };
  const file = await field.policies(
    `${repository.replaceAll(/\W/gu, '-')}.yaml`,
    { url: `oci://${repository}`, authorities: [{ name: 'release', ...authority }], promotion: null },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'root' },
      data: { 'trusted_root.json': JSON.stringify(sigstore?.trustedRoot() ?? {}) },
    },
  );
  const [named, judged] = await Promise.all([
    field.json(['verify', reference, ...sealiftVerifyArgs(way, right)]),
    field.json(['verify', reference, '--policy', file]),
  ]);
  assert.deepEqual(named['formats'], [way.format]);
  assert.deepEqual(
    [judged['verified'], judged['matched'], judged['formats']],
    [true, ['policy/release'], [way.format]],
  );
}

/** @returns how many candidates sealift looked at and refused */
async function refusedByAll(
  { field, way, verifiers = cosignVersions }: Cell,
  reference: string,
  who: Signers,
  what: string,
): Promise<number> {
  const byCosign = verifiers.map((version) =>
    cosignRefuses(runCosign(field, version, [...cosignVerifyArgs(version, way, who), reference]), what),
  );
  const [finished] = await Promise.all([
    field.run(['verify', reference, ...sealiftVerifyArgs(way, who), '-o', 'json']),
    ...byCosign,
  ]);
  assert.equal(finished.code, 12, `${what}: ${finished.stdout}${finished.stderr}`);
  return JSON.parse(finished.stdout).error.candidates.length;
}

function signersOf({ way, sigstore }: Cell): Signers {
  if (way.proof === 'key' || sigstore === undefined) return { key: way.key };
  return { identity: sigstore.identity(), issuer: sigstore.issuer };
}

function strangersOf(cell: Cell): Strangers {
  const { way, sigstore } = cell;
  if (way.proof === 'key' || sigstore === undefined) return { 'by another key': { key: 'another' } };
  const right = signersOf(cell);
  return {
    'by another identity': {
      ...right,
      identity: sigstore.identity({
        job_workflow_ref: 'example-org/other/.github/workflows/a.yml@refs/heads/main',
      }),
    },
    'under a foreign root': { ...right, root: 'root-foreign.json' },
  };
}
