// Secrets and ConfigMaps of the puller's own namespace that policies may refer to, followed by watches: a rotated key
// or a new trusted root counts at once, and no look asks the API server.
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { WatchEvent } from '../src/kube/watch.ts';
import { signingLimits } from '../src/limits.ts';
import type { DataReference } from '../src/trust/authorities.ts';

export type References = {
  /** Takes an event in; gives whether what the object holds has changed. */
  onEvent(kind: DataReference['kind'], event: WatchEvent): boolean;
  read(reference: DataReference): string | undefined;
  /** When the object was last written, by the API server's word; RFC 3339. */
  updatedAt(reference: DataReference): string | undefined;
};

const dataSchema = z.looseObject({ data: z.record(z.string(), z.string()).optional() });

type Held = { readonly data: ReadonlyMap<string, string>; readonly updatedAt: string | undefined };

export function createReferences(): References {
  const objects = new Map<string, Held>();
  const idOf = (kind: DataReference['kind'], name: string): string => `${kind}/${name}`;
  return {
    onEvent: (kind, { type, object }) => {
      const { name, managedFields, creationTimestamp } = object.metadata;
      const before = objects.get(idOf(kind, name))?.data;
      objects.delete(idOf(kind, name));
      const parsed = dataSchema.safeParse(object);
      if (type === 'DELETED' || !parsed.success) return before !== undefined;
      const entries = Object.entries(parsed.data.data ?? {})
        .map(([key, value]): [string, string] => [
          key,
          kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value,
        ])
        // Nothing that a policy refers to is larger.
        .filter(([, text]) => text.length <= signingLimits.trustRootBytes);
      const times = [creationTimestamp, ...(managedFields ?? []).map(({ time }) => time)];
      const data = new Map(entries);
      objects.set(idOf(kind, name), {
        data,
        updatedAt: times
          .filter((time) => typeof time === 'string')
          .toSorted()
          .at(-1),
      });
      // A relist tells everything again; judging all Deliveries anew for that would be a storm.
      return !isDeepStrictEqual(data, before);
    },
    read: ({ kind, name, key }) => objects.get(idOf(kind, name))?.data.get(key),
    updatedAt: ({ kind, name }) => objects.get(idOf(kind, name))?.updatedAt,
  };
}
