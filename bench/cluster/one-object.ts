// One object repaired again and again, and what that leaves in its managedFields. The puller's fight detector would spread
// 1,000 repairs over hours, so the puller is one whose burst of corrections has no end; all else is as it is.
import { kubeObjectSchema } from '../../src/kube/object.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { appKinds, appsNamespace } from './apps.ts';
import type { RepairWatch } from './repairs.ts';
import { forceApply, pathOf, vandalisms, type Target, type Vandalism } from './vandals.ts';

export type Growth = {
  readonly repairs: number;
  /** After the first repair, after one of each way, and after the last. */
  readonly first: ManagedFieldsSize;
  readonly round: ManagedFieldsSize;
  readonly last: ManagedFieldsSize;
};

export type ManagedFieldsSize = {
  readonly bytes: number;
  readonly entries: number;
  readonly managers: string;
};

export async function measureGrowth(
  admin: KubeClient,
  watch: RepairWatch,
  { app, repairs }: { readonly app: string; readonly repairs: number },
): Promise<Growth> {
  const target: Target = { kind: appKinds.deployment, namespace: appsNamespace, name: app };
  let first: ManagedFieldsSize | undefined;
  let round: ManagedFieldsSize | undefined;
  for (let turn = 1; turn <= repairs; turn += 1) {
    const ms = await watch.measure(target, wayOf(turn));
    if (ms === undefined) throw new Error(`repair ${turn} of ${app} did not come`);
    first ??= await sizeOf(admin, target);
    if (turn === ways.length + 1) round = await sizeOf(admin, target);
  }
  const last = await sizeOf(admin, target);
  return { repairs, first: first ?? last, round: round ?? last, last };
}

const ways = vandalisms.filter(({ name }) => name !== 'delete' && name !== 'forced apply');

/** In turns, the ways that leave the object there; a forced apply comes from another manager each time. */
function wayOf(turn: number): Vandalism {
  return (
    ways[turn % (ways.length + 1)] ?? {
      name: 'forced apply',
      fits: () => true,
      run: (admin, target) => forceApply(admin, target, `tool-${turn}`),
    }
  );
}

async function sizeOf(admin: KubeClient, target: Target): Promise<ManagedFieldsSize> {
  const { body } = await admin.request({ method: 'GET', path: pathOf(target) });
  const { managedFields = [] } = kubeObjectSchema.parse(body).metadata;
  // Those of the status come and go with its controller.
  const entries = managedFields.filter(({ subresource }) => subresource !== 'status');
  return {
    bytes: Buffer.byteLength(JSON.stringify(entries)),
    entries: entries.length,
    managers: entries.map(({ manager }) => manager).join(' '),
  };
}
