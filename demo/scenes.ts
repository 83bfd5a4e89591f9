// The scenes of the demo, each checked as it is told.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requestedAtAnnotation } from '../src/api/common.ts';
import type { Delivery } from '../src/api/delivery.ts';
import type { ContentStore } from '../src/oci/content-store.ts';
import { openRepository } from '../src/registry/repository.ts';
import { createTransport } from '../src/registry/transport.ts';
import { readObjects, type Site } from '../test/site/site.ts';
import { createCluster, type Cluster } from './cluster.ts';
import { createSealift, type Sealift } from './command-line.ts';
import { showDrift } from './drift-scene.ts';
import { retag, tagTampered, tagUnsigned } from './intruder.ts';
import type { Story } from './story.ts';

export type Stage = {
  readonly site: Site;
  readonly directory: string;
  readonly story: Story;
  readonly signal: AbortSignal;
};

const examples = join(import.meta.dirname, '..', 'examples');
const repository = 'config/shop';
const channel = 'production';

export async function runScenes(stage: Stage): Promise<void> {
  const { site, story, directory, signal } = stage;
  const cluster = createCluster(site.admin, signal);
  // Keys of an afternoon: a real private key gets a real password.
  const sealift = createSealift(story, { cwd: directory, env: { COSIGN_PASSWORD: 'demo' }, signal });
  const target = `oci://${site.registry.host}/${repository}`;
  const publish = (version: number): Promise<string> =>
    sealift(
      'push',
      `${target}:${version}.0.0`,
      '-f',
      join(examples, 'shop', `v${version}`),
      '--key',
      'ci.key',
      '--revision',
      `v${version}.0.0`,
    );

  story.chapter('CI: two keys, one signs releases, the other promotes them');
  await sealift('keygen', '--output-key-prefix', 'ci');
  await sealift('keygen', '--output-key-prefix', 'release');

  story.chapter('CI: publish version 1, then promote it to production');
  await publish(1);
  await promote(sealift, target, 1);

  story.chapter('The cluster: a TrustPolicy, a Delivery, and the puller');
  await installTenant(stage);
  await site.startPuller();
  story.say('The puller runs as its own service account, and writes as shop-delivery/shop-deployer.');
  await showApplied(story, cluster, 'version 1', 1);

  await showDrift(story, cluster);

  story.chapter('CI: publish version 2; nothing is promoted yet');
  await publish(2);
  await showRefusals(stage, cluster);

  story.chapter('CI: promote version 2');
  await promote(sealift, target, 2);
  await showApplied(story, cluster, 'version 2', 2);
  const banner = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'promo-banner' };
  await cluster.until(banner, 'the pruned ConfigMap', (object) => object === undefined);
  story.seen('ConfigMap shop/promo-banner left the artifact and was pruned');

  story.chapter('CI: roll back by promoting version 1 anew: a new statement, a higher sequence');
  await promote(sealift, target, 1);
  await showApplied(story, cluster, 'the rollback', 3);
}

async function promote(sealift: Sealift, target: string, version: number): Promise<void> {
  await sealift(
    'promote',
    `${target}:${version}.0.0`,
    channel,
    '--verify-key',
    'ci.pub',
    '--key',
    'release.key',
  );
}

/** What an admin applies once for a tenant: rights, the policy and the Delivery of examples/cluster. */
async function installTenant({ site, story, directory }: Stage): Promise<void> {
  const pem = async (name: string): Promise<string> =>
    JSON.stringify(await readFile(join(directory, name), 'utf8'));
  story.command(
    'kubectl apply --server-side -f examples/cluster/   # with the registry and the two public keys filled in',
  );
  const objects = await readObjects(join(examples, 'cluster'), {
    REGISTRY: site.registry.host,
    CI_PUBLIC_KEY: await pem('ci.pub'),
    RELEASE_PUBLIC_KEY: await pem('release.pub'),
  });
  const isOurs = ({ apiVersion }: { readonly apiVersion: string }): boolean =>
    apiVersion.startsWith('sealift.dev/');
  // Namespaces and rights before the Delivery that needs them.
  await site.apply([...objects.filter((object) => !isOurs(object)), ...objects.filter(isOurs)]);
  story.seen(`applied ${objects.length} objects`);
}

async function showApplied(story: Story, cluster: Cluster, what: string, sequence: number): Promise<void> {
  await cluster.reconcileNow();
  const { status } = await cluster.untilDelivery(
    what,
    (delivery) => isReady(delivery) && delivery.status?.promotion?.sequence === sequence,
  );
  story.seen(
    `applied and healthy: ${status?.resources ?? 0} objects of ${status?.lastAppliedRevision ?? ''}`,
  );
  story.seen(messageOf(status, 'SourceVerified'));
}

/** Three ways to get something into production without the promotion key, and what the cluster makes of them. */
async function showRefusals({ site, story }: Stage, cluster: Cluster): Promise<void> {
  const transport = createTransport();
  const reference = { registry: site.registry.host, repository };
  const store: ContentStore = openRepository({ send: transport.send, reference });
  const version1 = join(examples, 'shop', 'v1');
  try {
    story.chapter('Attack: the production tag shows an artifact that nobody signed');
    await showRefused(story, cluster, await tagUnsigned(store, version1, channel), 'SIGNATURE_MISSING');

    story.chapter("Attack: it shows a changed artifact that carries version 1's signature and promotion");
    await showRefused(
      story,
      cluster,
      await tagTampered(store, version1, { genuine: '1.0.0', channel }),
      'SIGNATURE_INVALID',
    );

    story.chapter('Attack: a bare retag to version 2, which is signed but was never promoted');
    await showRefused(story, cluster, await retag(store, '2.0.0', channel), 'STATEMENT_MISSING');

    story.say("The registry's admin points the tag back to what was promoted.");
    await retag(store, '1.0.0', channel);
    await cluster.reconcileNow();
    await cluster.untilDelivery('recovery', isReady);
    story.seen('accepted again, nothing had to be applied');
  } finally {
    transport.close();
  }
}

async function showRefused(story: Story, cluster: Cluster, digest: string, code: string): Promise<void> {
  await cluster.reconcileNow();
  const { status } = await cluster.untilDelivery(
    `refusal ${code}`,
    ({ status: found }) => found?.candidate?.digest === digest && found.candidate.reason === code,
  );
  story.seen(`refused: ${messageOf(status, 'SourceVerified')}`);
  const isHealthy = status?.conditions?.some(
    ({ type, status: state }) => type === 'Healthy' && state === 'True',
  );
  if (isHealthy !== true) throw new Error(`what runs was touched: ${messageOf(status, 'Healthy')}`);
  story.seen(`what runs is untouched and healthy: ${status?.lastAppliedRevision ?? ''}`);
}

function isReady({ status, metadata }: Delivery): boolean {
  const isHandled = status?.lastHandledReconcileAt === metadata.annotations?.[requestedAtAnnotation];
  return (
    isHandled &&
    status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') === true
  );
}

function messageOf(status: Delivery['status'], type: string): string {
  return status?.conditions?.find((condition) => condition.type === type)?.message ?? `no condition ${type}`;
}
