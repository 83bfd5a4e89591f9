// A TCP line between one puller and its API server, with TLS passed through: it can be cut, fall silent (half-open) and
// be slow. What was on its way when it failed is lost, as in a network; it never arrives late.
import { connect, createServer, type Socket } from 'node:net';

export type KubeProxy = {
  /** URL of the near end. */
  readonly server: string;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  /** Lets nothing through any more, without a word. */
  silence(): void;
  /** Delivers every piece this much later, both ways. */
  slow(delayMs: number): void;
  /** As it was; connections that lost something are broken. */
  mend(): void;
  /** Connections that were made to it so far, refused ones among them. */
  attempts(): number;
  close(): Promise<void>;
};

/** @param target URL of the API server */
export async function startKubeProxy(target: string): Promise<KubeProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<() => void>();
  let fault: 'cut' | 'silence' | undefined;
  let delayMs = 0;
  let attempts = 0;

  function pass(from: Socket, to: Socket): void {
    let dueMs = 0;
    from.on('data', (bytes) => {
      if (fault === 'silence') return;
      const nowMs = performance.now();
      // Pieces keep their order, also when the line becomes quicker.
      dueMs = Math.max(dueMs, nowMs + delayMs);
      if (dueMs <= nowMs) to.write(bytes);
      else setTimeout(() => void (to.destroyed || to.write(bytes)), dueMs - nowMs).unref();
    });
  }

  const server = createServer((near) => {
    attempts += 1;
    near.on('error', () => undefined);
    if (fault === 'cut') {
      near.destroy();
      return;
    }
    near.setNoDelay(true);
    const far = connect({ port: Number(port), host: hostname, noDelay: true });
    far.on('error', () => undefined);
    const destroy = (): void => {
      pairs.delete(destroy);
      near.destroy();
      far.destroy();
    };
    pairs.add(destroy);
    for (const socket of [near, far]) socket.once('close', destroy);
    pass(near, far);
    pass(far, near);
  });
  const breakAll = (): void => {
    for (const destroy of pairs) destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const nearPort = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    server: `https://127.0.0.1:${nearPort}`,
    cut: () => {
      fault = 'cut';
      breakAll();
    },
    silence: () => {
      fault = 'silence';
    },
    slow: (ms) => {
      delayMs = ms;
    },
    mend: () => {
      if (fault !== undefined) breakAll();
      fault = undefined;
      delayMs = 0;
    },
    attempts: () => attempts,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      breakAll();
      await closed;
    },
  };
}
