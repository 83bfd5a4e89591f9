import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ErrorCode } from '../../../src/errors.ts';
import { exitCodeOf, exitCodes } from '../../../src/cli/exit-codes.ts';

async function readCodes(): Promise<readonly ErrorCode[]> {
  const text = await readFile(join(import.meta.dirname, '../../../src/errors.ts'), 'utf8');
  const unions = [...text.matchAll(/export type \w+Code =([^;]+);/gu)].map(([, members = '']) => members);
  // What stands in the unions of errors.ts is an ErrorCode.
  return unions.flatMap((members) =>
    [...members.matchAll(/'([A-Z_]+)'/gu)].map(([, code]) => code as ErrorCode),
  );
}

test('every error code has an exit code that is neither success nor the interruption’s', async () => {
  const codes = await readCodes();
  assert.ok(codes.length > 40);
  for (const code of codes) {
    const exit = exitCodeOf(code);
    assert.ok(exit > exitCodes.error && exit < exitCodes.interrupted, `${code}: ${exit}`);
  }
});

test('scripts rely on these', () => {
  assert.deepEqual(
    (
      [
        'SIGNATURE_MISSING',
        'CONTENT_MISSING',
        'SIGNATURE_INVALID',
        'SIGNATURE_UNCHECKABLE',
        'TAG_EXISTS',
        'INPUT_INVALID',
      ] as const
    ).map(exitCodeOf),
    [10, 11, 12, 14, 24, 3],
  );
});
