// A site whose parts can fail: an etcd of its own with its whole history, a line of its own for each puller, and an API
// server and a registry that can be ended and started again.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createTransport, type Transport } from '../../../src/registry/transport.ts';
import { startRegistry, type Registry } from '../../../src/server/registry.ts';
import { startEtcd } from '../../control-plane/etcd.ts';
import { openBed, type Bed, type BedOptions } from '../../e2e/bed.ts';
import { readObjects, startSite, type Site } from '../../site/site.ts';
import { withTempDir } from '../temp.ts';
import { followEtcd, type EtcdHistory } from './etcd-history.ts';
import { startPullerSlot, type PullerSlot, type SlotOptions } from './puller-slot.ts';

export type FaultSite = {
  readonly site: Site;
  readonly transport: Transport;
  readonly history: EtcdHistory;
  /** The first puller, if there is one. */
  readonly slot: () => PullerSlot;
  readonly slots: readonly PullerSlot[];
  addPuller(options: SlotOptions): Promise<PullerSlot>;
  bed(name: string, options?: BedOptions): Promise<Bed>;
  /** Ends the API server at once; `site.plane.restartApiServer` starts it again. */
  killApiServer(): void;
  isRegistryUp(): boolean;
  stopRegistry(): Promise<void>;
  startRegistry(): Promise<void>;
};

const root = join(import.meta.dirname, '..', '..', '..');

/** Runs `body` with a site and no puller yet; everything ends with it. */
export async function withFaultSite(
  body: (site: FaultSite) => Promise<void>,
  options: { readonly workloads?: boolean } = {},
): Promise<void> {
  await withTempDir(async (directory) => {
    const etcd = await startEtcd({ directory: join(directory, 'etcd') });
    const transport = createTransport();
    const slots: PullerSlot[] = [];
    let history: EtcdHistory | undefined;
    let site: Site | undefined;
    let registry: Registry | undefined;
    try {
      history = await followEtcd(etcd.endpoint);
      site = await startSite({ ...options, directory, etcd });
      await site.apply(await readObjects(join(root, 'puller', 'deploy', 'watch-secrets.yaml')));
      registry = site.registry;
      await body(
        createFaultSite({
          site,
          transport,
          history,
          slots,
          registry: () => registry,
          setRegistry: (next) => {
            registry = next;
          },
        }),
      );
    } finally {
      for (const slot of slots) await slot.close();
      transport.close();
      if (registry !== undefined && registry !== site?.registry) await registry.close();
      await site?.stop();
      history?.close();
      await etcd.stop();
    }
  });
}

type Parts = Pick<FaultSite, 'site' | 'transport' | 'history'> & {
  readonly slots: PullerSlot[];
  readonly registry: () => Registry | undefined;
  readonly setRegistry: (registry: Registry | undefined) => void;
};

function createFaultSite({ site, transport, history, slots, registry, setRegistry }: Parts): FaultSite {
  const port = Number(site.registry.host.split(':').at(-1));
  const slot = (): PullerSlot => {
    const [first] = slots;
    assert.ok(first, 'there is no puller');
    return first;
  };
  return {
    site,
    transport,
    history,
    slot,
    slots,
    addPuller: async (options) => {
      const added = await startPullerSlot(site, options);
      slots.push(added);
      return added;
    },
    bed: (name, options) => openBed({ site, transport, puller: () => slot().process() }, name, options),
    killApiServer: () => {
      const server = site.plane.processes().find(({ name }) => name === 'kube-apiserver');
      if (server !== undefined) process.kill(server.pid, 'SIGKILL');
    },
    isRegistryUp: () => registry() !== undefined,
    stopRegistry: async () => {
      await registry()?.close();
      setRegistry(undefined);
    },
    startRegistry: async () => {
      if (registry() === undefined)
        setRegistry(await startRegistry({ directory: site.registryDirectory, port }));
    },
  };
}
