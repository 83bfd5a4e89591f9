// The registry client as the command line has it, without log-in and without its waits.
import type { TestContext } from 'node:test';
import { parseReference } from '../../src/oci/reference.ts';
import type { Deadlines } from '../../src/registry/deadlines.ts';
import { withRedirects } from '../../src/registry/redirect.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { withRetry, type RetryOptions } from '../../src/registry/retry.ts';
import { createTransport } from '../../src/registry/transport.ts';

export type RegistryStore = ReturnType<typeof openRepository>;

/** The store of `HOST:PORT/REPOSITORY`, closed with the test. */
export function openStore(
  t: Pick<TestContext, 'after'>,
  reference: string,
  deadlines: Partial<Deadlines> = {},
): RegistryStore {
  const { store, close } = openClosableStore(reference, deadlines);
  t.after(close);
  return store;
}

/** The same for a whole file of tests: whoever opens it closes it. */
export function openClosableStore(
  reference: string,
  deadlines: Partial<Deadlines> = {},
): { store: RegistryStore; close(): void } {
  const transport = createTransport({ deadlines });
  const retries: RetryOptions = { random: () => 0.5, sleep: async () => undefined };
  const send = withRetry(withRedirects(transport.send), retries);
  const store = openRepository({ send, reference: parseReference(reference), retries });
  return { store, close: () => transport.close() };
}
