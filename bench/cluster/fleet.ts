// The artifacts of many apps in one registry, each version signed with one key, and the channel's tag `prod` to move.
import type { ContentStore } from '../../src/oci/content-store.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport, type Transport } from '../../src/registry/transport.ts';
import { attestTo, pushFiles } from '../../test/helpers/forging.ts';
import { publicPemOf, signerNamed } from '../../test/helpers/signers.ts';
import { appNames, repositoryOf, type AppObject, type Version } from './apps.ts';
import { concurrently } from './concurrently.ts';

export const channel = 'prod';
export const publisher = 'ci';
const concurrency = 8;

export type Fleet = {
  /** `HOST:PORT` of the registry. */
  readonly host: string;
  readonly publicPem: string;
  /** The revision as Sealift and Flux tell it: `TAG@DIGEST`. */
  revisionOf(app: string, version: Version): string;
  /** Lets the tag of each show a version. */
  moveTags(apps: readonly string[], version: Version): Promise<void>;
  close(): void;
};

export type FleetOptions = {
  readonly host: string;
  readonly count: number;
  readonly objectsOf: (app: string, version: Version) => readonly AppObject[];
};

type Released = {
  readonly store: ContentStore;
  readonly versions: Readonly<Record<Version, Content>>;
};

/** Publishes two versions of all; no tag shows any yet. */
export async function publishFleet({ host, count, objectsOf }: FleetOptions): Promise<Fleet> {
  const transport = createTransport();
  const released = new Map<string, Released>();
  await concurrently(appNames(count), concurrency, async (app) => {
    const store = openStore(transport, host, app);
    const [v1, v2] = [await release(store, objectsOf(app, 'v1')), await release(store, objectsOf(app, 'v2'))];
    released.set(app, { store, versions: { v1, v2 } });
  });
  const find = (app: string): Released => {
    const found = released.get(app);
    if (found === undefined) throw new Error(`${app} is not published`);
    return found;
  };
  return {
    host,
    publicPem: publicPemOf(await signerNamed(publisher)),
    revisionOf: (app, version) => `${channel}@${find(app).versions[version].descriptor.digest}`,
    moveTags: (apps, version) =>
      concurrently(apps, concurrency, async (app) => {
        const { store, versions } = find(app);
        await store.tag(versions[version], channel);
      }),
    close: () => transport.close(),
  };
}

function openStore(transport: Transport, registry: string, app: string): ContentStore {
  return openRepository({ send: transport.send, reference: { registry, repository: repositoryOf(app) } });
}

async function release(store: ContentStore, objects: readonly AppObject[]): Promise<Content> {
  const text = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  const artifact = await pushFiles(store, [{ path: 'app.yaml', bytes: Buffer.from(text) }]);
  await attestTo(store, artifact.descriptor, await signerNamed(publisher));
  return artifact;
}
