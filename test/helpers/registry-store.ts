// The registry client as the command line has it, without its waits.
import type { TestContext } from 'node:test';
import { parseReference } from '../../src/oci/reference.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { withRetry } from '../../src/registry/retry.ts';
import { createTransport } from '../../src/registry/transport.ts';

export type RegistryStore = ReturnType<typeof openRepository>;

/** The store of `HOST:PORT/REPOSITORY`, closed with the test. */
export function openStore(t: TestContext, reference: string): RegistryStore {
  const transport = createTransport();
  t.after(() => transport.close());
  const send = withRetry(transport.send, { random: () => 0.5, sleep: async () => undefined });
  return openRepository({ send, reference: parseReference(reference) });
}
