// The registry client as the command line has it, without its waits.
import type { TestContext } from 'node:test';
import { parseReference } from '../../src/oci/reference.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { withRetry } from '../../src/registry/retry.ts';
import { createTransport } from '../../src/registry/transport.ts';

export type RegistryStore = ReturnType<typeof openRepository>;

/** The store of `HOST:PORT/REPOSITORY`, closed with the test. */
export function openStore(t: Pick<TestContext, 'after'>, reference: string): RegistryStore {
  const { store, close } = openClosableStore(reference);
  t.after(close);
  return store;
}

/** The same for a whole file of tests: whoever opens it closes it. */
export function openClosableStore(reference: string): { store: RegistryStore; close(): void } {
  const transport = createTransport();
  const send = withRetry(transport.send, { random: () => 0.5, sleep: async () => undefined });
  const store = openRepository({ send, reference: parseReference(reference) });
  return { store, close: () => transport.close() };
}
