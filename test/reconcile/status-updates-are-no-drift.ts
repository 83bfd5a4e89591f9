import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import type { AuditEvent } from '../control-plane/audit.ts';
import { deploymentOf, type Bed } from '../e2e/bed.ts';

export const behaviour = behaviourOf('status updates are no drift', async (open) => {
  const bed = await open();
  await bed.deliver([bed.deployment('web')]);
  const { length: before } = await writes(bed);
  for (let turn = 0; turn < 30; turn += 1) {
    const condition = { type: 'Test', status: 'True', reason: `Turn${turn}`, message: '' };
    await bed.edit(deploymentOf('web'), { status: { conditions: [condition] } }, { subresource: 'status' });
  }
  await bed.look();
  // Within the second of our own apply, one no-op apply shows that what stands is ours.
  assert.ok((await writes(bed)).length <= before + 1);
  assert.deepEqual(
    (await bed.events()).filter((event) => event.startsWith('Drift')),
    [],
  );
});

async function writes(bed: Bed): Promise<readonly AuditEvent[]> {
  const isWrite = ({ verb, objectRef }: AuditEvent): boolean =>
    verb === 'patch' && objectRef?.resource === 'deployments';
  return (await bed.requests()).filter(isWrite);
}
