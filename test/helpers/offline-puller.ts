// Run in a network of its own by offline.test.ts: a whole control plane, a registry with what was prepared outside, and
// the puller, which is watched from its start until it has accepted one Delivery and refused another. Prints what was seen.
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deliverySchema } from '../../src/api/delivery.ts';
import { resourceSchema } from '../../src/resources/resource.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { deliveryObject, deliveryPath, isReady, withTenant } from '../e2e/tenant.ts';
import { readTraffic, type Traffic } from './namespace.ts';

/** What is given as JSON in the first argument. */
export type PullerTask = {
  /** Folder of the registry, to be copied. */
  readonly registry: string;
  /** Spec of the TrustPolicy of all repositories, without `match`. */
  readonly policy: object;
  /** JSON of the trusted root that it refers to as ConfigMap `root`. */
  readonly trustedRoot: string;
  readonly accepted: string;
  readonly refused: string;
  /** A folder for files. */
  readonly folder: string;
};

/** What is printed as JSON. */
export type PullerAnswer = {
  readonly heard: readonly string[];
  readonly registry: string;
  readonly apiServer: string;
  readonly before: Traffic;
  readonly after: Traffic;
  readonly policy: string | undefined;
  readonly refusal: string | undefined;
};

if (process.argv[1] === import.meta.filename) {
  const task: PullerTask = JSON.parse(process.argv[2] ?? '');
  process.stdout.write(`${JSON.stringify(await run(task))}\n`);
}

async function run(task: PullerTask): Promise<PullerAnswer> {
  let answer: PullerAnswer | undefined;
  await withTenant(async (tenant) => {
    const { site } = tenant;
    const { host } = site.registry;
    await tenant.puller().stop();
    await cp(task.registry, site.registryDirectory, { recursive: true });
    const objects: readonly object[] = [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'root', namespace: 'sealift-system' },
        data: { 'trusted_root.json': task.trustedRoot },
      },
      {
        apiVersion: 'sealift.dev/v1alpha1',
        kind: 'TrustPolicy',
        metadata: { name: 'offline' },
        spec: { match: [{ url: `oci://${host}/offline/*` }], ...task.policy },
      },
      deliveryObject('accepted', host, task.accepted),
      deliveryObject('refused', host, task.refused),
    ];
    await site.apply(objects.map((object) => resourceSchema.parse(object)));

    const before = await readTraffic('/proc/self/net');
    const heardFile = join(task.folder, 'puller-witness.txt');
    const entry = join(task.folder, 'watched-puller.mjs');
    const root = new URL('../../', import.meta.url);
    // A server process gets no environment of ours.
    await writeFile(
      entry,
      `process.env.SEALIFT_WITNESS = ${JSON.stringify(heardFile)};\n` +
        `await import(${JSON.stringify(new URL('test/helpers/witness.ts', root).href)});\n` +
        `await import(${JSON.stringify(new URL('puller/main.ts', root).href)});\n`,
    );
    const puller = await site.startPuller({ entry, identity: 'watched' });
    const statusOf = async (name: string) =>
      deliverySchema.parse((await tenant.get(deliveryPath(name))).body).status;
    const wait = { timeoutMs: 60_000, assertPossible: () => puller.assertRunning() };
    await waitUntil(async () => isReady(await statusOf('accepted')), {
      what: `the accepted Delivery\n${await puller.readLog()}`,
      ...wait,
    });
    await waitUntil(async () => (await statusOf('refused'))?.candidate !== undefined, {
      what: 'the refused Delivery',
      ...wait,
    });
    answer = {
      heard: (await readFile(heardFile, 'utf8')).trimEnd().split('\n'),
      registry: host,
      apiServer: new URL(site.plane.server).host,
      before,
      after: await readTraffic('/proc/self/net'),
      policy: (await statusOf('accepted'))?.verification?.policies?.join(','),
      refusal: (await statusOf('refused'))?.candidate?.reason,
    };
  });
  if (answer === undefined) throw new Error('the tenant ended early');
  return answer;
}
