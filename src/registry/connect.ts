// Connections to registries as every command, the action and the puller have them: one pool, with retries.
import { setTimeout as delay } from 'node:timers/promises';
import type { Reference } from '../oci/reference.ts';
import { openRepository } from './repository.ts';
import { withRetry } from './retry.ts';
import { createTransport } from './transport.ts';

export type Connections = {
  /** The store behind a reference; nothing is sent before its first call. */
  open(
    reference: Pick<Reference, 'registry' | 'repository'>,
    plainHttp?: boolean,
  ): ReturnType<typeof openRepository>;
  /** Ends all connections. */
  close(): void;
};

export type ConnectOptions = {
  /** PEM of the CAs that registries' certificates must be signed by, instead of the system's. */
  readonly ca?: string | undefined;
  /** Returns a number from 0 (included) to 1 (excluded); spreads retries. */
  readonly random: () => number;
};

export function connectRegistries({ ca, random }: ConnectOptions): Connections {
  const transport = createTransport({ ca });
  const send = withRetry(transport.send, {
    random,
    sleep: async (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
  });
  return {
    open: (reference, plainHttp = false) => openRepository({ send, reference, plainHttp }),
    close: transport.close,
  };
}
