// `npm run demo`: the whole way once, for real. CI publishes and promotes, a cluster without Git pulls, verifies,
// applies and keeps; attacks are refused; a new version comes and goes. With `-- --keep` it stays up to be explored.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorMessageOf } from '../src/errors.ts';
import { isSealiftError } from '../src/errors.ts';
import { startSite, type Site } from '../test/site/site.ts';
import { runScenes } from './scenes.ts';
import { createStory } from './story.ts';

const isKept = process.argv.includes('--keep');
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort());

const story = createStory((text) => void process.stdout.write(text), process.stdout.isTTY);

async function run(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'sealift-demo-'));
  let site: Site | undefined;
  try {
    const startMs = performance.now();
    story.chapter('A disconnected site: a registry and a Kubernetes control plane');
    story.say(
      'etcd, kube-apiserver, kube-controller-manager and kube-scheduler are real; there is no kubelet:',
    );
    story.say('kwok plays the node, so pods turn Ready without running anything.');
    site = await startSite({ directory, workloads: true, signal: interrupt.signal });
    story.seen(
      `cluster at ${site.plane.server}, registry at ${site.registry.url}, Sealift installed from puller/deploy`,
    );
    await runScenes({ site, directory, story, signal: interrupt.signal });
    story.chapter('The end');
    story.seen(`all of it in ${Math.round((performance.now() - startMs) / 1000)} s`);
    if (isKept) await explore(site, directory);
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    process.stderr.write(`\ndemo failed: ${errorMessageOf(error, 2000)}\n`);
    if (isSealiftError(error) && error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`);
    return 1;
  } finally {
    await site?.stop();
    await rm(directory, { recursive: true, force: true });
    if (site !== undefined) story.say('Everything is stopped and removed.');
  }
}

async function explore(site: Site, directory: string): Promise<void> {
  const { adminKubeconfig } = site.plane;
  story.say('It stays up until Ctrl-C. In another terminal:');
  story.command(`export KUBECONFIG=${adminKubeconfig}`);
  story.command('kubectl get deliveries,promotionrecords,trustpolicies -A');
  story.command('kubectl -n shop delete deployment web     # and see it come back');
  story.command('kubectl -n shop-delivery get events');
  story.command(
    `npm run sealift -- verify ${site.registry.host}/config/shop:production --verify-key ${join(directory, 'ci.pub')}`,
  );
  story.say(`The puller's log: ${join(directory, 'puller-1.log')}`);
  if (!interrupt.signal.aborted) {
    await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve, { once: true }));
  }
}

process.exit(await run());
