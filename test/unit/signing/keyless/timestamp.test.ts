import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SigningError } from '../../../../src/errors.ts';
import type { Ask } from '../../../../src/signing/keyless/ask.ts';
import { fetchTimestamp } from '../../../../src/signing/keyless/timestamp.ts';
import { assertRejectsWithCode } from '../../../helpers/assert-rejects.ts';
import { createTrustDomain, timestampOf } from '../../../helpers/certified.ts';

const signature = Buffer.from('a signature');
const domain = createTrustDomain();

const answering =
  (body: Buffer): Ask =>
  async ({ headers }) => {
    assert.equal(headers?.['content-type'], 'application/timestamp-query');
    return { status: 200, body, header: () => undefined };
  };

suite('an answer is refused', () => {
  const refused: readonly (readonly [string, () => Promise<Buffer>])[] = [
    ['that is empty', async () => Buffer.alloc(0)],
    ['that is no DER', async () => Buffer.from('<html></html>')],
    ['with a status alone', async () => Buffer.from('30053003020102', 'hex')],
    ['of another signature', () => timestampOf(domain, Buffer.from('another'))],
    // A replay: the right signature, and not this request's number.
    ['to another request', () => timestampOf(domain, signature)],
  ];
  for (const [name, makeAnswer] of refused) {
    test(name, async () => {
      const ask = answering(await makeAnswer());
      await assertRejectsWithCode(
        fetchTimestamp(ask, 'https://tsa.test/tsr', signature),
        SigningError,
        'TIMESTAMP_FAILED',
      );
    });
  }
});
