// Assertions on an error's class and code, never on its words.
import assert from 'node:assert/strict';

/** A class of ours, whose code is one of a closed union. */
type ErrorClass<E extends Error & { readonly code: string }> = abstract new (...args: never[]) => E;

/** Waits for a failure of this class and code, and gives the error for further looks. */
export async function assertRejectsWithCode<E extends Error & { readonly code: string }>(
  work: Promise<unknown> | (() => unknown),
  errorClass: ErrorClass<E>,
  code: E['code'],
): Promise<E> {
  let value: unknown;
  try {
    value = await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return assertErrorWithCode(error, errorClass, code);
  }
  return assert.fail(`expected ${errorClass.name} ${code}, got ${String(value)}`);
}

/** The same for what throws at once. */
export function assertThrowsWithCode<E extends Error & { readonly code: string }>(
  work: () => unknown,
  errorClass: ErrorClass<E>,
  code: E['code'],
): E {
  let value: unknown;
  try {
    value = work();
  } catch (error) {
    return assertErrorWithCode(error, errorClass, code);
  }
  return assert.fail(`expected ${errorClass.name} ${code}, got ${String(value)}`);
}

function assertErrorWithCode<E extends Error & { readonly code: string }>(
  error: unknown,
  errorClass: ErrorClass<E>,
  code: E['code'],
): E {
  if (!(error instanceof errorClass)) {
    return assert.fail(`expected ${errorClass.name} ${code}, got ${String(error)}`);
  }
  assert.equal(error.code, code, error.message);
  return error;
}
