import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { SigningError } from '../../../../src/errors.ts';
import type { Ask, ServiceRequest } from '../../../../src/signing/keyless/ask.ts';
import { addLogEntry, type Logged } from '../../../../src/signing/keyless/rekor.ts';
import type { LogService } from '../../../../src/signing/keyless/services.ts';
import { payloadType } from '../../../../src/signing/statement.ts';
import { assertRejectsWithCode } from '../../../helpers/assert-rejects.ts';

const v1: LogService = { url: 'https://log.test', version: 1 };
const v2: LogService = { url: 'https://log.test/base', version: 2 };
const payload = Buffer.from('{"a":1}');
const envelope: Logged = {
  content: { kind: 'envelope', payload },
  signature: Buffer.from('signature'),
  certificate: Buffer.from('certificate'),
};
const blob: Logged = { ...envelope, content: { kind: 'blob', bytes: payload } };
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const pem = `-----BEGIN CERTIFICATE-----\n${base64('certificate')}\n-----END CERTIFICATE-----\n`;

const id = 'ab'.repeat(40);
const entry = {
  body: base64(JSON.stringify({ kind: 'dsse', apiVersion: '0.0.1' })),
  integratedTime: 1_780_000_000,
  logID: 'cd'.repeat(32),
  logIndex: 12,
  verification: {
    signedEntryTimestamp: base64('promise'),
    inclusionProof: {
      checkpoint: 'c',
      hashes: ['ef'.repeat(32)],
      logIndex: 3,
      rootHash: '01'.repeat(32),
      treeSize: 4,
    },
  },
};

type Reply = { status?: number; body: unknown; location?: string };

/** Answers in turn, and keeps what was asked. */
function answering(...replies: readonly Reply[]): { ask: Ask; asked: ServiceRequest[] } {
  const asked: ServiceRequest[] = [];
  const ask: Ask = async (request) => {
    const { status = 200, body, location } = replies[asked.length] ?? assert.fail('asked once more');
    asked.push(request);
    return {
      status,
      body: Buffer.from(JSON.stringify(body)),
      header: (name) => (name === 'location' ? location : undefined),
    };
  };
  return { ask, asked };
}

const bodyOf = (request: ServiceRequest | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(request?.body instanceof Uint8Array ? request.body : []).toString());

suite('Rekor v1', () => {
  test('takes an envelope as dsse', async () => {
    const { ask, asked } = answering({ status: 201, body: { [id]: entry } });
    const written = await addLogEntry(ask, v1, envelope);
    assert.equal(asked[0]?.url.href, 'https://log.test/api/v1/log/entries');
    assert.deepEqual(bodyOf(asked[0]), {
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        proposedContent: {
          envelope: JSON.stringify({
            payloadType,
            payload: base64(payload),
            signatures: [{ sig: base64('signature') }],
          }),
          verifiers: [base64(pem)],
        },
      },
    });
    assert.deepEqual(written.kindVersion, { kind: 'dsse', version: '0.0.1' });
    assert.equal(Buffer.from(written.logId.keyId).toString('hex'), entry.logID);
    assert.equal(written.logIndex, '12');
    assert.equal(written.inclusionProof?.logIndex, '3');
    assert.equal(Buffer.from(written.inclusionProof.rootHash).toString('hex'), '01'.repeat(32));
    assert.equal(Buffer.from(written.inclusionPromise?.signedEntryTimestamp ?? []).toString(), 'promise');
    assert.equal(written.integratedTime, '1780000000');
  });

  test('takes bytes as hashedrekord', async () => {
    const { ask, asked } = answering({ status: 201, body: { [id]: entry } });
    await addLogEntry(ask, v1, blob);
    assert.deepEqual(bodyOf(asked[0]), {
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(payload).digest('hex') } },
        signature: { content: base64('signature'), publicKey: { content: base64(pem) } },
      },
    });
  });

  test('gives an entry that an earlier try wrote, from its own address alone', async () => {
    const location = `https://elsewhere.test/api/v1/log/entries/${id}`;
    const { ask, asked } = answering({ status: 409, body: {}, location }, { body: { [id]: entry } });
    assert.equal((await addLogEntry(ask, v1, envelope)).logIndex, '12');
    assert.deepEqual(
      [asked[1]?.method, asked[1]?.url.href],
      ['GET', `https://log.test/api/v1/log/entries/${id}`],
    );
  });

  const refused: readonly (readonly [string, Reply])[] = [
    ['a conflict without address', { status: 409, body: {} }],
    ['a conflict with an odd address', { status: 409, body: {}, location: '/api/v1/log/entries/../../x' }],
    ['nothing', { body: {} }],
    ['two entries', { body: { [id]: entry, ['cd'.repeat(40)]: entry } }],
    ['an entry without proof', { body: { [id]: { ...entry, verification: {} } } }],
    ['a body that is none', { body: { [id]: { ...entry, body: base64('text') } } }],
    ['a number that is none', { body: { [id]: { ...entry, logIndex: -1 } } }],
  ];
  for (const [name, reply] of refused) {
    test(`${name} is refused`, async () => {
      await assertRejectsWithCode(
        addLogEntry(answering(reply).ask, v1, envelope),
        SigningError,
        'LOG_ENTRY_FAILED',
      );
    });
  }
});

suite('Rekor v2', () => {
  const answer = {
    logId: { keyId: base64('log') },
    kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
    inclusionProof: { logIndex: '0', rootHash: base64('root'), treeSize: '1', checkpoint: { envelope: 'c' } },
    canonicalizedBody: base64('{}'),
  };

  test('takes the digest of the pre-authentication encoding', async () => {
    const { ask, asked } = answering({ status: 201, body: answer });
    const written = await addLogEntry(ask, v2, envelope);
    assert.equal(asked[0]?.url.href, 'https://log.test/base/api/v2/log/entries');
    const pae = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.byteLength} ${payload.toString()}`;
    assert.deepEqual(bodyOf(asked[0]), {
      hashedRekordRequestV002: {
        digest: createHash('sha256').update(pae).digest('base64'),
        signature: {
          content: base64('signature'),
          verifier: {
            keyDetails: 'PKIX_ECDSA_P256_SHA_256',
            x509Certificate: { rawBytes: base64('certificate') },
          },
        },
      },
    });
    assert.equal(written.inclusionProof?.checkpoint?.envelope, 'c');
  });

  const { inclusionProof: _proof, ...withoutProof } = answer;
  for (const body of [{}, [], 'text', null, withoutProof, { ...answer, logId: undefined }]) {
    test(`the answer ${JSON.stringify(body).slice(0, 40)} is refused`, async () => {
      await assertRejectsWithCode(
        addLogEntry(answering({ body }).ask, v2, envelope),
        SigningError,
        'LOG_ENTRY_FAILED',
      );
    });
  }
});
