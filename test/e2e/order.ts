// Deliveries in an order: `base` turns ready when its gate, a ConfigMap that is not its own, is opened.
import type { BedOptions, Bed } from './bed.ts';

export type Ordered = {
  readonly bed: Bed;
  /** Lets `base` turn ready. */
  openGate(): Promise<void>;
};

/** The source of a Delivery that follows another repository of the bed. */
export function sourceOf({ url }: Bed, repository: string): object {
  return { url: url.replace(/app$/u, repository), ref: { tag: 'prod' }, interval: '1h' };
}

/** A bed with the Delivery `base`, which is applied and not ready. */
export async function withBase(
  open: (options?: BedOptions) => Promise<Bed>,
  spec: object = {},
): Promise<Ordered> {
  const bed = await open();
  await bed.publish([bed.configMap('early', { of: 'base' })], 'prod', bed.storeOf(`${bed.name}/base`));
  const gate = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gate' };
  await bed.follow({ source: sourceOf(bed, 'base'), healthChecks: [gate], ...spec }, 'base');
  await bed.untilCondition('Ready', 'Unknown', 'gate does not exist', 'base');
  return { bed, openGate: () => bed.apply(bed.configMap('gate', {})) };
}
