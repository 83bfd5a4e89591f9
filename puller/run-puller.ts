// The puller as a process: it waits for the lease, leads for as long as it holds it, and ends when it is told to or
// has lost the lease.
import { runWithLease } from '../src/kube/lease.ts';
import type { LeaseTimes } from '../src/kube/lease-store.ts';
import { createKubeClient } from '../src/kube/request.ts';
import type { PullerConfig } from './config.ts';
import { lead, type World } from './puller.ts';
import { createSourceRegistries } from './source/source-registries.ts';

/** Runs until the signal aborts, or until the lease is lost, which is an error: the process must end then. */
export async function runPuller(config: PullerConfig, world: World): Promise<void> {
  const client = createKubeClient({ config: config.cluster, now: world.monotonic, random: world.random });
  const registries = createSourceRegistries({
    ca: config.registryCa,
    chooseProxy: config.chooseProxy,
    random: world.random,
    now: world.monotonic,
  });
  const ending = new AbortController();
  const signal = AbortSignal.any([world.signal, ending.signal]);
  let term: Promise<void> = Promise.resolve();
  let failure: unknown;
  try {
    await runWithLease(client, {
      namespace: config.namespace,
      name: 'sealift-puller',
      identity: config.identity,
      ...leaseTimes(config.leaseDurationMs),
      now: world.monotonic,
      date: () => new Date(world.now()),
      signal,
      onAcquired: (lease) => {
        world.log('info', 'lease acquired', { identity: config.identity });
        term = lead({ config, world: { ...world, signal }, client, registries, lease }).catch(
          (error: unknown) => {
            failure ??= error;
            ending.abort();
          },
        );
      },
      onLost: async () => {
        if (!world.signal.aborted) failure ??= new Error('lease was lost');
        ending.abort();
        await term;
      },
      onError: (error) => world.log('warn', 'lease', { error: error.message }),
    });
  } finally {
    ending.abort();
    await term;
    client.close();
    registries.close();
  }
  if (failure !== undefined && !world.signal.aborted) throw failure;
}

/** Others' ratios: renewed after two sevenths of it, tried again after one. */
function leaseTimes(leaseDurationMs: number): LeaseTimes {
  return { leaseDurationMs, renewMs: (leaseDurationMs * 2) / 7, retryMs: leaseDurationMs / 7 };
}
