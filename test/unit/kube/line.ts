// A TCP line to the API server that can be cut, fall silent, or lead somewhere else.
import { type Socket, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';

import type { ClusterConfig } from '../../../src/kube/config.ts';

export type Line = {
  readonly config: ClusterConfig;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  /** Lets nothing through any more, without a word. */
  silence(): void;
  mend(): void;
  /** Leads new connections to the server of the given number. */
  lead(number: number): void;
};

/** Starts a line to the API server that can fail. */
export async function startLine(t: TestContext, configs: readonly ClusterConfig[]): Promise<Line> {
  let number = 0;
  const current = (): ClusterConfig => configs[number] ?? { server: new URL('https://127.0.0.1:1') };
  const sockets = new Set<Socket>();
  let fault: 'cut' | 'silence' | undefined;
  const server = createServer((near) => {
    if (fault !== undefined) {
      near.destroy();
      return;
    }
    const { server } = current();
    const far = connect(Number(server.port), server.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes) => {
        if (fault !== 'silence') to.write(bytes);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  t.after(() => {
    cutAll();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    config: {
      server: new URL(`https://127.0.0.1:${port}`),
      ca: configs.map(({ ca }) => String(ca)).join('\n'),
      token: async () => await current().token?.(),
    },
    cut() {
      fault = 'cut';
      cutAll();
    },
    silence() {
      fault = 'silence';
    },
    lead(to) {
      number = to;
    },
    mend() {
      fault = undefined;
      cutAll();
    },
  };
}
