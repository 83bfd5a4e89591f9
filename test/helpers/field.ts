// The whole command line in a folder of its own: keys and policy files to give it, and assertions on what it answers.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiVersion } from '../../src/api/common.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { parseSigningKey } from '../../src/signing/keys.ts';
import type { KeySigner } from '../../src/signing/signer.ts';
import { sealift, type Finished } from './cli.ts';
import { makePrivatePem, publicPemOf } from './signers.ts';

export type Env = Readonly<Record<string, string>>;

/** What a command that refused says with `-o json`. */
export type RefusedAnswer = {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly candidates?: readonly {
    readonly candidate: string;
    readonly reason: string;
    readonly code?: string;
  }[];
  readonly stderr: string;
};

export type PolicyDocument = {
  readonly name?: string;
  readonly url: string;
  readonly namespaces?: readonly string[];
  /** Names with the key of the signer of that name, or whole entries. */
  readonly authorities?: readonly (string | object)[];
  readonly signatures?: object;
  /** `null` for a policy without promotion. */
  readonly promotion?: object | null;
  /** Any other members of the spec. */
  readonly spec?: object;
};

export type RecordDocument = {
  readonly repository: string;
  readonly channel?: string;
  readonly epoch?: number;
  readonly sequence: number;
  readonly digest: string;
  readonly issuedAt?: string;
};

export type Field = {
  readonly cwd: string;
  /** What every command gets beside PATH and HOME: it starts in half the time. */
  readonly env: Env;
  path(name: string): string;
  write(name: string, content: string | Uint8Array | object): Promise<string>;
  read(name: string): Promise<string>;
  /** The signer of this name; its files are NAME.key (PKCS#8) and NAME.pub. */
  signer(name: string): Promise<KeySigner>;
  run(args: readonly string[], env?: Env): Promise<Finished>;
  /** Asserts that the command succeeds, and gives what it printed as JSON. */
  json(args: readonly string[], env?: Env): Promise<Record<string, unknown>>;
  /** Asserts that the command refuses with this code, and with the exit code that belongs to it. */
  refused(code: ErrorCode, args: readonly string[], env?: Env): Promise<RefusedAnswer>;
  policy(document: PolicyDocument): Promise<object>;
  /** Writes documents into one policy file, and gives its name. */
  policies(name: string, ...documents: readonly (PolicyDocument | object)[]): Promise<string>;
  close(): Promise<void>;
};

/** A new folder; whoever opens it closes it. */
export async function openField(): Promise<Field> {
  const cwd = await mkdtemp(join(tmpdir(), 'sealift-field-'));
  const env = { NODE_COMPILE_CACHE: join(cwd, '.compiled') };
  const signers = new Map<string, Promise<KeySigner>>();
  const path: Field['path'] = (name) => join(cwd, name);
  const write: Field['write'] = async (name, content) => {
    const isBytes = typeof content === 'string' || content instanceof Uint8Array;
    await writeFile(path(name), isBytes ? content : JSON.stringify(content));
    return name;
  };
  const makeSigner = async (name: string): Promise<KeySigner> => {
    const pem = makePrivatePem();
    const signer = await parseSigningKey(pem);
    await Promise.all([write(`${name}.key`, pem), write(`${name}.pub`, publicPemOf(signer))]);
    return signer;
  };
  const signer: Field['signer'] = (name) => {
    const known = signers.get(name) ?? makeSigner(name);
    signers.set(name, known);
    return known;
  };
  const run: Field['run'] = (args, more = {}) => sealift(args, { cwd, env: { ...env, ...more } });
  const policy: Field['policy'] = async (document) => {
    const { name = 'policy', url, namespaces, signatures, promotion, spec } = document;
    const authorities = await Promise.all(
      (document.authorities ?? ['release', 'promoter']).map(async (one) =>
        typeof one === 'string' ? { name: one, key: { data: publicPemOf(await signer(one)) } } : one,
      ),
    );
    return {
      apiVersion,
      kind: 'TrustPolicy',
      metadata: { name },
      spec: {
        match: [{ url, ...(namespaces === undefined ? {} : { namespaces }) }],
        authorities,
        signatures: signatures ?? { authorities: ['release'] },
        ...(promotion === null
          ? {}
          : { promotion: promotion ?? { channels: [{ tag: 'prod', authorities: ['promoter'] }] } }),
        ...spec,
      },
    };
  };
  return {
    cwd,
    env,
    path,
    write,
    read: (name) => readFile(path(name), 'utf8'),
    signer,
    run,
    json: async (args, more) => {
      const { code, stdout, stderr } = await run([...args, '-o', 'json'], more);
      assert.equal(code, 0, `${stdout}${stderr}`);
      assert.match(stdout, /^[^\n]*\n$/u, 'one line of JSON');
      return JSON.parse(stdout);
    },
    refused: async (code, args, more) => {
      const finished = await run([...args, '-o', 'json'], more);
      const answer = JSON.parse(finished.stdout === '' ? '{}' : finished.stdout);
      assert.equal(answer.error?.code, code, `${finished.stdout}${finished.stderr}`);
      assert.equal(finished.code, exitCodeOf(code));
      return { ...answer.error, stderr: finished.stderr };
    },
    policy,
    policies: async (name, ...documents) => {
      const texts = await Promise.all(
        documents.map(async (one) => JSON.stringify('url' in one ? await policy(one) : one)),
      );
      return write(name, texts.join('\n---\n'));
    },
    close: () => rm(cwd, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}

/** What a cluster remembers of a channel, as a document of a policy file. */
export function recordOf({
  repository,
  channel = 'prod',
  epoch = 1,
  sequence,
  digest,
  issuedAt = '2026-01-01T00:00:00Z',
}: RecordDocument): object {
  return {
    apiVersion,
    kind: 'PromotionRecord',
    metadata: { name: 'record' },
    spec: { repository, channel, epoch, sequence, digest, statementDigest: digest, issuedAt },
  };
}

/** A ConfigMap of the puller's namespace, as a document of a policy file. */
export function configMapOf(name: string, data: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}
