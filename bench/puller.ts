// The puller: its speed and memory as ratios against a raw floor in the same run, on the same API server: bare
// server-side applies by the admin.
import { readFile } from 'node:fs/promises';
import { watchResources } from '../src/kube/watch.ts';
import { createDiscovery } from '../src/kube/discovery.ts';
import type { KubeClient } from '../src/kube/request.ts';
import {
  configMap,
  configMapPath,
  isReady,
  tenantNamespace,
  withTenant,
  type Tenant,
} from '../test/e2e/tenant.ts';
import type { Report } from './report.ts';
import { spreadOf, type Spread } from './timing.ts';

const objects = 200;
const edits = 100;
const concurrency = 24;

async function applyRaw(client: KubeClient, name: string, namespace: string, value: string): Promise<number> {
  const startMs = performance.now();
  await client.request({
    method: 'PATCH',
    path: configMapPath(name, namespace),
    query: { fieldManager: 'floor', force: 'true' },
    body: JSON.parse(configMap(name, { value }, namespace)),
  });
  return performance.now() - startMs;
}

/** All objects by bare applies, as many at once as the puller has. */
async function measureFloor(client: KubeClient): Promise<{ readonly all: number; readonly one: Spread }> {
  const names = Array.from({ length: objects }, (_, index) => `floor-${index}`);
  const startMs = performance.now();
  const iterator = names.values();
  const worker = async (): Promise<void> => {
    for (const name of iterator) await applyRaw(client, name, 'default', 'one');
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const all = performance.now() - startMs;
  const single: number[] = [];
  for (let index = 0; index < edits; index += 1)
    single.push(await applyRaw(client, `floor-${index}`, 'default', 'two'));
  return { all, one: spreadOf(single) };
}

/** From the request for a look to Ready, download and verification included. */
async function measureInstall(tenant: Tenant): Promise<number> {
  const documents = Array.from({ length: objects }, (_, index) =>
    configMap(`kept-${index}`, { value: 'one' }),
  );
  await tenant.publish('1.0.0', documents.join('\n---\n'));
  await tenant.promote('1.0.0');
  const startMs = performance.now();
  await tenant.reconcileNow();
  await tenant.until('Ready', ({ status }) => isReady(status));
  return performance.now() - startMs;
}

/** From the answer to a bad write to the watch event that shows the object as it was. */
async function measureDrift(tenant: Tenant): Promise<Spread> {
  const { admin } = tenant.site;
  const kind = await createDiscovery(admin).find('', 'v1', 'ConfigMap');
  if (kind === undefined) throw new Error('there are no ConfigMaps');
  const waiting = new Map<string, (ms: number) => void>();
  const spoilt = new Set<string>();
  const { promise: synced, resolve: onSynced } = Promise.withResolvers<void>();
  const watch = watchResources(admin, {
    kind,
    namespace: tenantNamespace,
    form: 'full',
    onSynced,
    onEvent: ({ object }) => {
      const { name } = object.metadata;
      const isRight = JSON.stringify(object['data']) === '{"value":"one"}';
      if (!isRight) spoilt.add(name);
      else if (spoilt.delete(name)) waiting.get(name)?.(performance.now());
    },
  });
  await synced;
  const latencies: number[] = [];
  for (let index = 0; index < edits; index += 1) {
    const name = `kept-${index}`;
    const repaired = new Promise<number>((resolve) => waiting.set(name, resolve));
    await tenant.patch(configMapPath(name), { data: { value: 'evil' } });
    const answeredMs = performance.now();
    latencies.push(Math.max(0, (await repaired) - answeredMs));
  }
  watch.stop();
  return spreadOf(latencies);
}

async function rssMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1] ?? Number.NaN) / 1024;
}

export async function run(report: Report): Promise<void> {
  await withTenant(async (tenant) => {
    const floor = await measureFloor(tenant.site.admin);
    const install = await measureInstall(tenant);
    report(
      'install',
      `install of ${objects} ConfigMaps: ${install.toFixed(0)} ms, ${(install / floor.all).toFixed(1)} x ${objects} bare applies, ${concurrency} at once (${floor.all.toFixed(0)} ms)`,
      { objects, ms: install, floorMs: floor.all, ratio: install / floor.all },
    );
    const drift = await measureDrift(tenant);
    report(
      'drift',
      `drift repaired: p50 ${drift.p50.toFixed(1)} ms, p99 ${drift.p99.toFixed(1)} ms after the bad write, ${(drift.p50 / floor.one.p50).toFixed(1)} x one bare apply (p50 ${floor.one.p50.toFixed(1)} ms)`,
      { p50Ms: drift.p50, p99Ms: drift.p99, floorP50Ms: floor.one.p50, ratio: drift.p50 / floor.one.p50 },
    );
    const rss = await rssMiB(tenant.puller().pid);
    report('memory', `puller: ${rss.toFixed(0)} MiB RSS, from sources with a kubeconfig`, { rssMiB: rss });
  });
}
